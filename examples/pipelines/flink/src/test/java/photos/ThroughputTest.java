package photos;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoSource;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.TaskPrediction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import photos.PhotoAnswers.Photo;

/** Photos a second: asked of the predictor alone, and by way of Flink in four subtasks of this process, in turn. */
@Tag("throughput")
class ThroughputTest {
    private static final int PHOTOS = 3000;
    private static final int WARM = 1000;

    @RegisterExtension
    private static final MiniClusterExtension CLUSTER = new MiniClusterExtension(
            new MiniClusterResourceConfiguration.Builder().setNumberTaskManagers(1).setNumberSlotsPerTaskManager(4)
                    .build());

    private static final List<byte[]> FILES = files();

    private static List<byte[]> files() {
        try (Stream<Path> files = Files.list(Path.of("../photos"))) {
            return files.sorted().map(file -> {
                try {
                    return Files.readAllBytes(file);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static final class Reading implements MapFunction<Long, Photo> {
        @Override
        public Photo map(Long number) {
            return new Photo("photo " + number, FILES.get((int) (number % FILES.size())));
        }
    }

    @Test
    void flinkBesideThePredictorAlone() throws Exception {
        for (int round = 0; round < 3; round++) {
            System.out.printf("alone %.0f, by Flink %.0f photos a second%n", alone(), flink());
        }
    }

    private static double alone() throws Exception {
        try (Device device = Device.open(DeviceKind.AUTO);
                Predictor predictor = Model.load(Path.of("../model")).predictor(device);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < PHOTOS; i++) {
                byte[] file = FILES.get(i % FILES.size());
                threads.submit(() -> ((TaskPrediction.ClassMap) predictor.predict(PhotoSource.ofBytes(file))
                        .task("segmentation")).shares());
            }
            return rate(predictor);
        }
    }

    /** Of those after the first thousand. */
    private static double rate(Predictor predictor) throws InterruptedException {
        long begun = 0;
        for (long predicted = 0; predicted < PHOTOS; predicted = predictor.statistics().predicted()) {
            if (begun == 0 && predicted >= WARM) {
                begun = System.nanoTime();
            }
            Thread.sleep(1);
        }
        return (PHOTOS - WARM) * 1e9 / (System.nanoTime() - begun);
    }

    private static double flink() throws Exception {
        StreamExecutionEnvironment flink = StreamExecutionEnvironment.getExecutionEnvironment(new Configuration()
                .set(PipelineOptions.GLOBAL_JOB_PARAMETERS, Map.of("run", "../model")));
        PhotoAnswers.predictor = null;
        PhotoAnswers.of(flink.fromSequence(1, PHOTOS).map(new Reading())).sinkTo(new DiscardingSink<>());
        var job = flink.executeAsync("photos");
        while (PhotoAnswers.predictor == null) {
            Thread.sleep(1);
        }
        double rate = rate(PhotoAnswers.predictor);
        job.getJobExecutionResult().get();
        return rate;
    }
}
