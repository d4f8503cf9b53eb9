package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoSource;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.TaskPrediction;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Executors in processes of their own: two, of two tasks each, each with what is said to be GPU 1. */
@Tag("cluster")
class ClusterTest {
    private static final int PHOTOS = 40;

    @TempDir
    private static Path shared;
    private static SparkSession spark;
    private static Path shipped;

    @BeforeAll
    static void begin() throws IOException, InterruptedException {
        shipped = TrainedModels.copy(TrainedModels.rooms(2), shared.resolve("shipped"));
        Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        Path discovery = Files.writeString(shared.resolve("discover"), """
                #!/bin/sh
                echo '{"name": "gpu", "addresses": ["1"]}'
                """);
        assertTrue(discovery.toFile().setExecutable(true));
        spark = LocalSpark.on("local-cluster[2,2,1024]").config("spark.executor.extraJavaOptions", String.join(" ",
                TrainedModels.options())).config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.archives", archive(shipped) + "#rooms").config("spark.worker.resource.gpu.amount", 1)
                .config("spark.worker.resource.gpu.discoveryScript", discovery.toString())
                .config("spark.executor.resource.gpu.amount", 1).config("spark.task.resource.gpu.amount", 0.5)
                .getOrCreate();
    }

    @AfterAll
    static void end() {
        spark.stop();
    }

    private static byte[] photo(int number) {
        return Photos.png(8, 9, number);
    }

    private static Dataset<Row> photos() {
        List<Row> rows = IntStream.range(0, PHOTOS).mapToObj(i -> RowFactory.create(i, photo(i))).toList();
        return spark.createDataFrame(rows, new StructType().add("number", DataTypes.IntegerType).add("content",
                DataTypes.BinaryType)).repartition(8);
    }

    @Test
    void eachExecutorHasOnePredictor() throws Exception {
        String run = TrainedModels.rooms().toString();
        PhotoModel model = PhotoModel.at(Path.of(run)).on(DeviceKind.SOFT);
        List<String> where = photos().mapPartitions(model.partitions(row -> new Photo<>(0, row.getAs("content")),
                (_, _) -> ProcessHandle.current().pid() + " has " + Predictors.openOf(run)), Encoders.STRING())
                .collectAsList();
        assertEquals(PHOTOS, where.size());
        assertEquals(2, where.stream().distinct().count(), where.toString());
        assertTrue(where.stream().allMatch(words -> words.endsWith(" has 1")), where.toString());
        assertFalse(where.stream().anyMatch(words -> words.startsWith(ProcessHandle.current().pid() + " ")), where
                .toString());
    }

    /** Its archive alone reaches them: the run's folder is away when they look. */
    @Test
    void aModelThatSparkShipsPredictsOnTheExecutorsAsHere() throws Exception {
        PhotoModel model = PhotoModel.at(shipped).shippedAs("rooms").on(DeviceKind.SOFT).only(4);
        Path away = Files.move(shipped, shared.resolve("away"));
        spark.udf().register("predict", model.function());
        photos().createOrReplaceTempView("photos");
        List<Row> rows = spark.sql("SELECT number, predict(content).depth.mean FROM photos ORDER BY number")
                .collectAsList();
        try (Device device = Device.open(DeviceKind.SOFT);
                Predictor predictor = Model.load(away).predictor(device, model.source().options())) {
            for (int i = 0; i < PHOTOS; i++) {
                TaskPrediction.ValueMap depth = (TaskPrediction.ValueMap) predictor.predict(PhotoSource.ofBytes(photo(
                        i))).task("depth");
                double sum = 0;
                for (float value : depth.values()) {
                    sum += value;
                }
                assertEquals(sum / depth.values().length, rows.get(i).getDouble(1), 1e-12, "sums in another way");
            }
        }
    }

    private static Path archive(Path run) throws IOException {
        Path archive = shared.resolve("rooms.zip");
        try (OutputStream file = Files.newOutputStream(archive); ZipOutputStream zip = new ZipOutputStream(file)) {
            for (String name : List.of("config.json", "best.safetensors")) {
                zip.putNextEntry(new ZipEntry(name));
                Files.copy(run.resolve(name), zip);
                zip.closeEntry();
            }
        }
        return archive;
    }

    @Test
    void aModelThatWasNotShippedIsMissedByName() throws Exception {
        PhotoModel model = PhotoModel.at(TrainedModels.rooms()).shippedAs("others").on(DeviceKind.SOFT);
        Exception failure = assertThrows(Exception.class, () -> model.predict(photos(), "content").collectAsList());
        assertTrue(failure.getMessage().contains("an executor cannot read the model: "), failure.getMessage());
        assertTrue(failure.getMessage().contains("--archives FILE#others"), failure.getMessage());
    }

    @Test
    void anotherGpuThanTheFirstIsNotTakenForIt() throws Exception {
        PhotoModel model = PhotoModel.at(TrainedModels.rooms());
        Exception refusal = assertThrows(Exception.class, () -> model.predict(photos(), "content").collectAsList());
        assertTrue(refusal.getMessage().contains("Spark assigned GPU 1 to this task"), refusal.getMessage());
    }
}
