package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.PhotoSource;
import io.gimbal.predict.Predictor;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Photos a second of two tasks, partition by partition and by the function of SQL, in turn with two threads that ask a
 * predictor themselves. All read files, predict them, and sum up what was predicted of each.
 */
@Tag("throughput")
class ThroughputTest {
    private static final int TASKS = 2;
    private static final int PHOTOS = Integer.getInteger("photos", 400);
    private static final int ROUNDS = Integer.getInteger("rounds", 7);
    /** As many as an iterator has under way, of two tasks. */
    private static final int AHEAD = 12;

    @TempDir
    private static Path folder;
    private static Path run;
    private static SparkSession spark;
    private static List<Path> files;

    @BeforeAll
    static void begin() throws IOException, InterruptedException {
        run = TrainedModels.train(folder, Files.readString(Path.of("../examples/rooms.json")), "data.count=16",
                "validation.count=8", "epochs=1");
        Path photos = Files.createDirectory(folder.resolve("photos"));
        for (int i = 0; i < PHOTOS; i++) {
            photo(photos.resolve(i + ".jpg"), i);
        }
        try (var listed = Files.list(photos)) {
            files = listed.toList();
        }
        spark = LocalSpark.on("local[" + TASKS + "]").getOrCreate();
    }

    @AfterAll
    static void end() {
        spark.stop();
        PhotoModel.closeUnused();
    }

    /** Colours that run into each other, 640 x 480. */
    private static void photo(Path file, int number) throws IOException {
        BufferedImage image = new BufferedImage(640, 480, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setPaint(new GradientPaint(0, 0, new Color(number * 7919 & 0xffffff), 640, 480, new Color(
                number * 104729 & 0xffffff)));
        graphics.fillRect(0, 0, 640, 480);
        graphics.dispose();
        ImageIO.write(image, "jpg", file.toFile());
    }

    @Test
    void photosASecondBesideAPredictorsOwn() throws Exception {
        PhotoModel model = PhotoModel.at(run).on(DeviceKind.SOFT);
        Dataset<Row> photos = spark.read().format("binaryFile").load(folder.resolve("photos").toString());
        try (Device device = Device.open(DeviceKind.SOFT);
                Predictor predictor = Model.load(run).predictor(device, model.source().options())) {
            Map<String, Callable<Long>> ways = new LinkedHashMap<>();
            ways.put("a predictor's own", () -> direct(predictor));
            ways.put("by partitions", () -> count(model.predict(photos, "content").select("prediction")));
            ways.put("by fewer of these", () -> inFewerPartitions(() -> count(model.predict(photos, "content").select(
                    "prediction"))));
            ways.put("by the function", () -> count(photos.select(model.function().apply(functions.col("content")).as(
                    "prediction"))));
            Map<String, double[]> rates = new LinkedHashMap<>();
            ways.keySet().forEach(way -> rates.put(way, new double[ROUNDS]));
            for (int round = -1; round < ROUNDS; round++) {
                for (Map.Entry<String, Callable<Long>> way : ways.entrySet()) {
                    long begun = System.nanoTime();
                    assertEquals(PHOTOS, way.getValue().call());
                    if (round >= 0) {
                        rates.get(way.getKey())[round] = PHOTOS * 1e9 / (System.nanoTime() - begun);
                    }
                }
            }
            tell(rates);
        }
    }

    /** A file counts as if it had 64 KB in place of 4 MB more: a partition a task is enough. */
    private static long inFewerPartitions(Callable<Long> work) throws Exception {
        spark.conf().set("spark.sql.files.openCostInBytes", 65536);
        try {
            return work.call();
        } finally {
            spark.conf().unset("spark.sql.files.openCostInBytes");
        }
    }

    /** Of each photo its depth, so that all of its struct was made. */
    private static long count(Dataset<Row> predicted) {
        return predicted.agg(functions.count("prediction.depth.mean")).first().getLong(0);
    }

    private static long direct(Predictor predictor) throws Exception {
        AtomicInteger next = new AtomicInteger();
        try (ExecutorService threads = Executors.newFixedThreadPool(TASKS)) {
            List<Future<Long>> counts = new ArrayList<>();
            for (int i = 0; i < TASKS; i++) {
                counts.add(threads.submit(() -> predictSome(predictor, next)));
            }
            long count = 0;
            for (Future<Long> one : counts) {
                count += one.get();
            }
            return count;
        }
    }

    private static long predictSome(Predictor predictor, AtomicInteger next) throws Exception {
        Deque<Future<PhotoPrediction>> underWay = new ArrayDeque<>();
        long count = 0;
        for (int i = next.getAndIncrement(); i < PHOTOS || !underWay.isEmpty(); i = next.getAndIncrement()) {
            if (i < PHOTOS) {
                underWay.add(predictor.submit(PhotoSource.ofBytes(Files.readAllBytes(files.get(i)))));
            }
            if (i >= PHOTOS || underWay.size() == AHEAD) {
                Row row = PredictionStruct.of(underWay.removeFirst().get());
                count += row.isNullAt(0) ? 1 : 0;
            }
        }
        return count;
    }

    private static void tell(Map<String, double[]> rates) {
        double[] own = rates.values().iterator().next();
        rates.forEach((way, rate) -> {
            double[] ratios = new double[ROUNDS];
            Arrays.setAll(ratios, i -> rate[i] / own[i]);
            System.out.printf("%-18s %6.1f photos a second, %.2f of the predictor's own (%.2f to %.2f)%n", way, median(
                    rate), median(ratios), Arrays.stream(ratios).min().orElseThrow(), Arrays.stream(ratios).max()
                    .orElseThrow());
            assertTrue(median(ratios) > 0.5, way + " takes more than twice as long");
        });
    }

    private static double median(double[] numbers) {
        double[] sorted = numbers.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
