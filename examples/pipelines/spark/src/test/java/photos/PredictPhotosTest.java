package photos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorOptions;
import io.gimbal.predict.TaskPrediction;
import io.gimbal.spark.PhotoModel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example runs in Spark itself, and each of its rows says what a predictor says of the same photo. */
class PredictPhotosTest {
    private static final Path MODEL = Path.of("../model");
    private static final String NO_PHOTO = "notes.png";
    private static final String ROUNDING = "float64 summed in another way";

    @TempDir
    private static Path folder;
    private static SparkSession spark;
    private static PhotoModel model;
    private static Dataset<Row> photos;
    private static Map<String, PhotoPrediction> direct;

    @BeforeAll
    static void begin() throws IOException, InterruptedException {
        Path files = Files.createDirectories(folder.resolve("photos/more"));
        try (Stream<Path> given = Files.list(Path.of("../photos"))) {
            for (Path file : given.toList()) {
                Files.copy(file, files.resolve(file.getFileName()));
            }
        }
        Files.writeString(files.resolve(NO_PHOTO), "no photo");
        spark = SparkSession.builder().master("local[2]").config("spark.ui.enabled", false).getOrCreate();
        // Batches of one size: which engines sum, and so the last bits, may differ from size to size.
        model = PhotoModel.at(MODEL).on(DeviceKind.SOFT).only(4);
        photos = PredictPhotos.photos(spark, files.getParent().toString());
        direct = new HashMap<>();
        try (Device device = Device.open(DeviceKind.SOFT);
                Predictor predictor = Model.load(MODEL).predictor(device, PredictorOptions.only(4));
                Stream<Path> all = Files.list(files)) {
            for (Path file : all.filter(one -> !one.endsWith(NO_PHOTO)).toList()) {
                direct.put(file.getFileName().toString(), predictor.predict(file));
            }
        }
    }

    @AfterAll
    static void end() {
        spark.stop();
    }

    private static String name(Row row) {
        return Path.of(URI.create(row.<String>getAs("path"))).getFileName().toString();
    }

    private static TaskPrediction.ClassMap classes(PhotoPrediction prediction) {
        return (TaskPrediction.ClassMap) prediction.task("segmentation");
    }

    /** Rows sum up no more pixels than the network's image has: 48 x 64. */
    private static PhotoPrediction reduced(PhotoPrediction prediction) {
        return prediction.at(Math.min(48, prediction.height()), Math.min(64, prediction.width()));
    }

    private static Map<String, Double> shares(PhotoPrediction prediction) {
        return classes(reduced(prediction)).shares();
    }

    private static double meanDepth(PhotoPrediction prediction) {
        double sum = 0;
        float[] values = ((TaskPrediction.ValueMap) reduced(prediction).task("depth")).values();
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    @Test
    void theParquetFileHoldsWhatThePredictorSays() {
        String results = folder.resolve("results").toString();
        model.predict(photos, "content").write().parquet(results);
        List<Row> rows = spark.read().parquet(results).collectAsList();
        assertEquals(direct.size() + 1, rows.size());
        for (Row row : rows) {
            Row prediction = row.getAs("prediction");
            if (name(row).equals(NO_PHOTO)) {
                assertTrue(prediction.<String>getAs("error").startsWith("the image: neither a picture"));
                continue;
            }
            PhotoPrediction due = direct.get(name(row));
            assertNull(prediction.getAs("error"));
            assertEquals(due.width(), prediction.<Integer>getAs("width"));
            assertEquals(due.height(), prediction.<Integer>getAs("height"));
            assertEquals(meanDepth(due), prediction.<Row>getAs("depth").<Double>getAs("mean"), 1e-12, ROUNDING);
            Map<String, Double> shares = prediction.<Row>getAs("segmentation").getJavaMap(0);
            assertEquals(shares(due), shares.entrySet().stream().filter(entry -> entry.getValue() > 0)
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
        }
    }

    @Test
    void sqlSaysWhatThePredictorSaysAndTheMostOfABedFirst() {
        List<Row> rows = PredictPhotos.beds(photos, model).collectAsList();
        assertEquals(direct.size() + 1, rows.size());
        assertEquals(NO_PHOTO, name(rows.getLast()));
        assertTrue(rows.getLast().<String>getAs("error").startsWith("the image: neither a picture"));
        double most = 1;
        for (Row row : rows.subList(0, direct.size())) {
            PhotoPrediction due = direct.get(name(row));
            assertEquals(shares(due).getOrDefault("bed", 0.0), row.<Double>getAs("bed"));
            assertEquals(meanDepth(due), row.<Double>getAs("metres"), 1e-12, ROUNDING);
            assertTrue(row.<Double>getAs("bed") <= most);
            most = row.getAs("bed");
        }
    }

    @Test
    void wordsAreOfThePixelInTheMiddle() {
        Map<String, String> words = new HashMap<>();
        for (String line : PredictPhotos.inWords(photos, model).collectAsList()) {
            int end = line.indexOf(": ");
            words.put(Path.of(URI.create(line.substring(0, end))).getFileName().toString(), line.substring(end + 2));
        }
        assertTrue(words.remove(NO_PHOTO).startsWith("the image: neither a picture"));
        assertEquals(direct.keySet(), words.keySet());
        words.forEach((name, word) -> {
            TaskPrediction.ClassMap map = classes(direct.get(name));
            assertEquals(map.field().nameOf(map.at(map.height() / 2, map.width() / 2)), word);
        });
    }

    @Test
    void theExampleHasAtMostSixtyLines() throws IOException {
        assertTrue(Files.readAllLines(Path.of("src/main/java/photos/PredictPhotos.java")).size() <= 60);
    }
}
