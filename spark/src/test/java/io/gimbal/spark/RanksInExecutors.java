package io.gimbal.spark;

import io.gimbal.device.DeviceKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;

/** Executors in processes of their own, of one task each, for the software device. */
final class RanksInExecutors {
    private RanksInExecutors() {}

    /** Returns when they are there; they tell each second how they do. */
    static SparkSession start(int executors) throws IOException, InterruptedException {
        Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        SparkSession spark = LocalSpark.on("local-cluster[" + executors + ",1,1024]")
                .config("spark.executor.extraJavaOptions", String.join(" ", TrainedModels.options()))
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.heartbeatInterval", "1s").getOrCreate();
        // The driver is among them.
        while (spark.sparkContext().getExecutorMemoryStatus().size() <= executors) {
            Thread.sleep(100);
        }
        return spark;
    }

    static TrainingOptions options(int ranks, Path folder, String... settings) {
        return TrainingOptions.of(ranks, folder).setting(settings).on(DeviceKind.SOFT);
    }

    /** What is the same however a training was run. */
    static List<String> log(Path run) throws IOException {
        return Files.readAllLines(run.resolve("log.jsonl"));
    }
}
