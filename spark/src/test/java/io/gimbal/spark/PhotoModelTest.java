package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.PhotoSource;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorOptions;
import io.gimbal.predict.TaskPrediction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Spark itself predicts, by partitions and by SQL, and says what a predictor says. */
class PhotoModelTest {
    private static final int PHOTOS = 20;
    private static final String BROKEN = "broken.png";
    /** Of a task of this process. */
    private static final AtomicInteger RESULTS = new AtomicInteger();

    @TempDir
    private static Path shared;
    private static SparkSession spark;
    private static Path run;
    private static Path photos;

    @TempDir
    private Path folder;

    @BeforeAll
    static void begin() throws IOException, InterruptedException {
        spark = LocalSpark.on("local[4]").getOrCreate();
        run = TrainedModels.rooms();
        photos = Files.createDirectory(shared.resolve("photos"));
        for (int i = 0; i < PHOTOS; i++) {
            Photos.write(photos.resolve("photo%02d.png".formatted(i)), 10 + i, 40 - i, i);
        }
        Files.write(photos.resolve(BROKEN), new byte[] {1, 2, 3});
    }

    @AfterAll
    static void end() {
        spark.stop();
    }

    /** Of a job that has failed, other tasks may still be about to end. */
    @AfterEach
    @Timeout(60)
    void nothingIsUsedAnyMore() throws InterruptedException {
        PhotoModel.closeUnused();
        while (Predictors.open() > 0) {
            Thread.sleep(1);
            PhotoModel.closeUnused();
        }
    }

    /** Batches of one size: which engines sum, and so the last bits, may differ from size to size. */
    private static PhotoModel rooms() {
        return PhotoModel.at(run).on(DeviceKind.SOFT).only(4);
    }

    private static Dataset<Row> photos(String names) {
        return spark.read().format("binaryFile").option("pathGlobFilter", names).load(photos.toString());
    }

    private static Dataset<Row> rows(List<byte[]> contents) {
        return spark.createDataFrame(contents.stream().map(RowFactory::create).toList(), new StructType().add("content",
                DataTypes.BinaryType));
    }

    /** What a predictor says of each file, by its path as Spark has it. */
    private static Map<String, PhotoPrediction> direct(Path model, List<Row> rows) throws Exception {
        Map<String, PhotoPrediction> predictions = new HashMap<>();
        try (Device device = Device.open(DeviceKind.SOFT);
                Predictor predictor = Model.load(model).predictor(device, PredictorOptions.only(4))) {
            for (Row row : rows) {
                Path file = Path.of(URI.create(row.<String>getAs("path")));
                predictions.put(row.getAs("path"), predictor.predict(file));
            }
        }
        return predictions;
    }

    /** What the predictor says, from the same step and of the same pixels; the network sees 16 x 24. */
    private static void assertSaysOfRooms(PhotoPrediction whole, Row row) {
        assertNull(row.getAs("error"));
        assertEquals(whole.width(), row.<Integer>getAs("width"));
        assertEquals(whole.height(), row.<Integer>getAs("height"));
        PhotoPrediction due = whole.at(Math.min(16, whole.height()), Math.min(24, whole.width()));
        Map<String, Double> shares = row.<Row>getAs("segmentation").getJavaMap(0);
        TaskPrediction.ClassMap classes = (TaskPrediction.ClassMap) due.task("segmentation");
        assertEquals(13, shares.size());
        shares.forEach((name, share) -> assertEquals(classes.shares().getOrDefault(name, 0.0), share, name));
        TaskPrediction.ValueMap depth = (TaskPrediction.ValueMap) due.task("depth");
        assertPixels(depth.values(), 1, 0, row.getAs("depth"), Row::<Double>getAs);
        TaskPrediction.ValueMap normals = (TaskPrediction.ValueMap) due.task("normals");
        for (int c = 0; c < 3; c++) {
            String channel = Integer.toString(c);
            assertPixels(normals.values(), 3, c, row.getAs("normals"), (struct, of) ->
                    struct.<String, Double>getJavaMap(struct.fieldIndex(of)).get(channel));
        }
    }

    private interface Number {
        double of(Row struct, String name);
    }

    private static void assertPixels(float[] values, int channels, int channel, Row struct, Number number) {
        double sum = 0;
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        int count = 0;
        for (int i = channel; i < values.length; i += channels) {
            if (!Float.isNaN(values[i])) {
                sum += values[i];
                min = Math.min(min, values[i]);
                max = Math.max(max, values[i]);
                count++;
            }
        }
        assertEquals(sum / count, number.of(struct, "mean"), 1e-12, "float64 sums in another way");
        assertEquals(min, number.of(struct, "min"), 1e-12);
        assertEquals(max, number.of(struct, "max"), 1e-12);
    }

    @Test
    void eachRowOfADatasetSaysWhatThePredictorSays() throws Exception {
        Dataset<Row> files = photos("photo*.png").repartition(3).persist();
        List<Row> rows = rooms().predict(files, "content").collectAsList();
        assertEquals(List.of("path", "modificationTime", "length", "prediction"), List.of(rows.getFirst().schema()
                .fieldNames()));
        List<Row> due = files.select("path", "modificationTime", "length").collectAsList();
        assertEquals(due.stream().map(Row::toString).toList(), rows.stream().map(row -> RowFactory.create(row.get(0),
                row.get(1), row.get(2)).toString()).toList(), "in the dataset's order");
        Map<String, PhotoPrediction> direct = direct(run, rows);
        assertEquals(PHOTOS, direct.size());
        rows.forEach(row -> assertSaysOfRooms(direct.get(row.<String>getAs("path")), row.getAs("prediction")));
    }

    @Test
    void theFunctionSaysTheSameInSql() throws Exception {
        spark.udf().register("predict", rooms().function());
        photos("photo*.png").createOrReplaceTempView("photos");
        List<Row> rows = spark.sql("SELECT path, predict(content) AS prediction FROM photos").collectAsList();
        Map<String, PhotoPrediction> direct = direct(run, rows);
        assertEquals(PHOTOS, direct.size());
        rows.forEach(row -> assertSaysOfRooms(direct.get(row.<String>getAs("path")), row.getAs("prediction")));
    }

    /** However many of its values a query reads. */
    @Test
    void theFunctionPredictsAPhotoOnce() {
        PhotoModel model = PhotoModel.at(run).on(DeviceKind.SOFT);
        spark.udf().register("predict", model.function());
        photos("photo*.png").createOrReplaceTempView("photos");
        try (SharedPredictor.Use use = SharedPredictor.of(model.source()).use()) {
            Row sums = spark.sql("""
                    SELECT avg(p.depth.mean), avg(p.segmentation.shares['bed']), count(p.error), count(*)
                    FROM (SELECT predict(content) AS p FROM photos) WHERE p.error IS NULL AND p.width > 0
                    """).first();
            assertEquals(PHOTOS, sums.getLong(3));
            assertEquals(PHOTOS, use.predictor().predictor().statistics().predicted());
        }
    }

    @Test
    void averagesCountPhotosWithoutAClass() {
        spark.udf().register("predict", rooms().function());
        photos("photo*.png").createOrReplaceTempView("photos");
        Row row = spark.sql("""
                SELECT sum(share), count(share) FROM
                  (SELECT explode(predict(content).segmentation.shares) AS (name, share) FROM photos)
                """).first();
        assertEquals(PHOTOS, row.getDouble(0), 1e-9, "13 shares of each photo are 1 in all but for rounding");
        assertEquals(13L * PHOTOS, row.getLong(1));
    }

    @Test
    void everyKindOfTaskHasAStructOfItsOwn() throws Exception {
        Path model = TrainedModels.everyKind(folder);
        Dataset<Row> predicted = PhotoModel.at(model).on(DeviceKind.SOFT).only(4).predict(photos("photo*.png"),
                "content");
        String byName = "MAP<STRING, DOUBLE>";
        assertEquals("STRUCT<error: STRING, width: INT, height: INT, "
                + "edges: STRUCT<mean: DOUBLE, min: DOUBLE, max: DOUBLE>, "
                + "motion: STRUCT<mean: " + byName + ", min: " + byName + ", max: " + byName + ">, "
                + "joints: STRUCT<points: MAP<STRING, STRUCT<x: DOUBLE, y: DOUBLE, score: DOUBLE>>>, "
                + "ends: STRUCT<points: MAP<STRING, STRUCT<x: DOUBLE, y: DOUBLE>>>, "
                + "breed: STRUCT<class: STRING, number: INT, probability: DOUBLE, probabilities: " + byName + ">, "
                + "age: STRUCT<value: DOUBLE>, sizes: STRUCT<values: " + byName + ">, marks: STRUCT<values: " + byName
                + ">>", predicted.schema().apply("prediction").dataType().sql());
        List<Row> rows = predicted.collectAsList();
        Map<String, PhotoPrediction> direct = direct(model, rows);
        boolean cropped = false;
        for (Row row : rows) {
            PhotoPrediction due = direct.get(row.<String>getAs("path"));
            cropped |= !due.shown().whole();
            Row said = row.getAs("prediction");
            PhotoPrediction reduced = covering(due);
            assertPixels(((TaskPrediction.ValueMap) reduced.task("edges")).values(), 1, 0, said.getAs("edges"),
                    Row::<Double>getAs);
            float[] motion = ((TaskPrediction.ValueMap) reduced.task("motion")).values();
            double inThePhotosPixels = (double) due.width() / reduced.width();
            assertPixels(motion, 2, 0, said.getAs("motion"), (struct, of) -> struct.<String, Double>getJavaMap(struct
                    .fieldIndex(of)).get("0") / inThePhotosPixels);
            TaskPrediction.Points points = (TaskPrediction.Points) due.task("joints");
            assertEquals(List.of("nose", "tail"), points.points().stream().map(PhotoPrediction.Point::name).toList());
            Map<String, Row> joints = said.<Row>getAs("joints").getJavaMap(0);
            points.points().forEach(point -> assertEquals(RowFactory.create(point.x(), point.y(), point.score()),
                    joints.get(point.name())));
            Map<String, Row> ends = said.<Row>getAs("ends").getJavaMap(0);
            ((TaskPrediction.Points) due.task("ends")).points().forEach(point -> assertEquals(RowFactory.create(
                    point.x(), point.y()), ends.get(point.name())));
            assertEquals(2, ends.size());
            TaskPrediction.ImageClass breed = (TaskPrediction.ImageClass) due.task("breed");
            Row image = said.getAs("breed");
            assertEquals(breed.name(), image.getAs("class"));
            assertEquals(breed.number(), image.<Integer>getAs("number"));
            assertEquals(breed.probabilities()[breed.number()], image.<Double>getAs("probability"));
            assertEquals(Map.of("collie", breed.probabilities()[0], "poodle", breed.probabilities()[1]), image
                    .getJavaMap(3));
            assertEquals((double) values(due, "age")[0], said.<Row>getAs("age").getDouble(0));
            assertEquals(byName(due, "sizes"), said.<Row>getAs("sizes").getJavaMap(0));
            assertEquals(byName(due, "marks"), said.<Row>getAs("marks").getJavaMap(0));
        }
        assertTrue(cropped, "some photo has pixels that are not predicted");
    }

    /** In as many pixels as a network of 16 x 24 has of it, which it covers. */
    private static PhotoPrediction covering(PhotoPrediction prediction) {
        double scale = Math.min(1, Math.max(16.0 / prediction.height(), 24.0 / prediction.width()));
        return prediction.at((int) Math.round(prediction.height() * scale), (int) Math.round(prediction.width()
                * scale));
    }

    /** Summed up at the network's resolution, a photo of 300 x 200 has about the shares of its own pixels. */
    @Test
    void aLargePhotosSumsAreThoseOfItsPixels() throws Exception {
        byte[] large = Photos.png(300, 200, 1);
        Row row = rooms().predict(rows(List.of(large)), "content").select("prediction.*").first();
        try (Device device = Device.open(DeviceKind.SOFT);
                Predictor predictor = Model.load(run).predictor(device, PredictorOptions.only(4))) {
            PhotoPrediction due = predictor.predict(PhotoSource.ofBytes(large));
            assertSaysOfRooms(due, row);
            Map<String, Double> shares = row.<Row>getAs("segmentation").getJavaMap(0);
            ((TaskPrediction.ClassMap) due.task("segmentation")).shares().forEach((name, share) -> assertEquals(share,
                    shares.get(name), 0.05, "of 384 pixels in place of 60,000"));
            double sum = 0;
            float[] depth = ((TaskPrediction.ValueMap) due.task("depth")).values();
            for (float value : depth) {
                sum += value;
            }
            assertEquals(sum / depth.length, row.<Row>getAs("depth").<Double>getAs("mean"), 0.01 * Math.abs(sum
                    / depth.length), "likewise");
        }
    }

    private static float[] values(PhotoPrediction prediction, String task) {
        return ((TaskPrediction.ImageValues) prediction.task(task)).values();
    }

    private static Map<String, Double> byName(PhotoPrediction prediction, String task) {
        Field field = prediction.task(task).field();
        float[] values = values(prediction, task);
        return Map.of(field.nameOf(0), (double) values[0], field.nameOf(1), (double) values[1]);
    }

    @Test
    void aPhotoThatCannotBeReadHasAnErrorInItsRow() {
        List<byte[]> contents = new ArrayList<>(List.of(Photos.png(5, 6, 1), new byte[] {1, 2, 3}, new byte[0]));
        contents.add(null);
        spark.udf().register("predict", rooms().function());
        rows(contents).createOrReplaceTempView("contents");
        for (Dataset<Row> predicted : List.of(rooms().predict(rows(contents), "content"), spark.sql(
                "SELECT predict(content) AS prediction FROM contents"))) {
            List<Row> rows = predicted.select("prediction.*").collectAsList();
            assertNull(rows.getFirst().getAs("error"));
            assertEquals(6, rows.getFirst().<Integer>getAs("width"));
            List<String> errors = List.of("the image: neither a picture", "the image: ", "there is no photo: ");
            for (int i = 0; i < errors.size(); i++) {
                Row row = rows.get(1 + i);
                assertTrue(row.<String>getAs("error").startsWith(errors.get(i)), row.toString());
                for (int column = 1; column < row.size(); column++) {
                    assertTrue(row.isNullAt(column), row.toString());
                }
            }
        }
    }

    @Test
    void aStrictModelEndsTheJobByThePhotosName() {
        PhotoModel strict = rooms().strict();
        spark.udf().register("predict", strict.function());
        photos("*.png").createOrReplaceTempView("photos");
        assertFails("photo [file:" + photos.resolve(BROKEN), strict.predict(photos("*.png"), "content"));
        assertFails("the image: neither a picture", spark.sql("SELECT predict(content).width FROM photos"));
        assertEquals(PHOTOS, strict.predict(photos("photo*.png"), "content").collectAsList().size());
    }

    private static void assertFails(String message, Dataset<?> job) {
        Exception failure = assertThrows(Exception.class, job::collectAsList);
        StringBuilder all = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            all.append(cause.getMessage()).append('\n');
        }
        assertTrue(all.toString().contains(message), all.toString());
    }

    @Test
    void resultsOfOnesOwnAreTyped() {
        Dataset<String> typed = photos("*.png").orderBy("path").mapPartitions(rooms().partitions(row -> new Photo<>(Path
                .of(row.<String>getAs("path")).getFileName().toString(), row.getAs("content")), (name, prediction) ->
                name + " " + prediction.width(), (name, error) -> name + " " + error), Encoders.STRING());
        List<String> words = typed.collectAsList();
        assertEquals(PHOTOS + 1, words.size());
        assertTrue(words.getFirst().startsWith(BROKEN + " the image: neither"), words.getFirst());
        assertEquals("photo00.png 40", words.get(1));
        assertFails("photo broken: the image: neither", photos("*.png").mapPartitions(rooms().partitions(row ->
                new Photo<>("broken", row.getAs("content")), (name, prediction) -> name), Encoders.STRING()));
    }

    @Test
    void allTasksOfTheProcessShareOnePredictor() {
        Dataset<Integer> seen = photos("photo*.png").repartition(8).mapPartitions(rooms().partitions(row -> new Photo<>(
                0, row.getAs("content")), (_, _) -> Predictors.open()), Encoders.INT());
        assertEquals(Collections.nCopies(PHOTOS, 1), seen.collectAsList());
    }

    @Test
    void modelsPredictSideBySide() throws Exception {
        Path other = TrainedModels.rooms(2);
        spark.udf().register("one", rooms().function());
        spark.udf().register("other", PhotoModel.at(other).on(DeviceKind.SOFT).only(4).function());
        photos("photo*.png").createOrReplaceTempView("photos");
        List<Row> rows = spark.sql("SELECT path, one(content) AS one, other(content) AS other FROM photos")
                .collectAsList();
        assertEquals(2, Predictors.open());
        Map<String, PhotoPrediction> ones = direct(run, rows);
        Map<String, PhotoPrediction> others = direct(other, rows);
        for (Row row : rows) {
            assertSaysOfRooms(ones.get(row.<String>getAs("path")), row.getAs("one"));
            assertSaysOfRooms(others.get(row.<String>getAs("path")), row.getAs("other"));
            assertFalse(row.getAs("one").equals(row.getAs("other")), "they are different models");
        }
    }

    @Test
    void partitionsWithoutPhotosOpenNothing() {
        assertEquals(List.of(), rooms().predict(photos("none*.png"), "content").collectAsList());
        assertEquals(List.of(), rooms().predict(photos("photo*.png").where("length < 0").repartition(3), "content")
                .collectAsList());
        assertEquals(0, Predictors.open());
    }

    /** A query that needs no more photos ends its tasks, and these give up what they have read ahead. */
    @Test
    void aLimitEndsWhatIsUnderWay() {
        PhotoModel model = rooms();
        try (SharedPredictor.Use use = SharedPredictor.of(model.source()).use()) {
            assertEquals(1, model.predict(photos("photo*.png").coalesce(1), "content").limit(1).collectAsList().size());
            assertEquals(0, use.predictor().predictor().statistics().waiting());
            assertEquals(12, use.predictor().ahead().availablePermits());
        }
    }

    @Test
    @Timeout(60)
    void aCancelledJobGivesUpItsRequestsAtOnce() throws Exception {
        PhotoModel waits = PhotoModel.at(run).on(DeviceKind.SOFT).only(64).waiting(Duration.ofHours(1));
        spark.udf().register("predict", waits.function());
        photos("photo*.png").repartition(2).createOrReplaceTempView("photos");
        for (Dataset<Row> job : List.of(waits.predict(photos("photo*.png").repartition(2), "content"), spark.sql(
                "SELECT predict(content).width FROM photos"))) {
            try (SharedPredictor.Use use = SharedPredictor.of(waits.source()).use()) {
                CompletableFuture<Throwable> failure = new CompletableFuture<>();
                Thread.ofPlatform().start(() -> {
                    spark.sparkContext().setJobGroup("cancelled", "is cancelled", true);
                    failure.complete(assertThrows(Exception.class, job::collectAsList));
                });
                while (use.predictor().predictor().statistics().waiting() < 2) {
                    Thread.sleep(1);
                }
                spark.sparkContext().cancelJobGroup("cancelled");
                assertTrue(failure.get().getMessage().contains("cancelled"), failure.get().getMessage());
                while (use.predictor().predictor().statistics().waiting() > 0) {
                    Thread.sleep(1);
                }
                assertEquals(0, use.predictor().predictor().statistics().predicted());
                while (use.predictor().ahead().availablePermits() < 3 * 64) {
                    Thread.sleep(1);
                }
            }
        }
    }

    /** All of its photos were read ahead, so that nobody else would notice. */
    @Test
    @Timeout(60)
    void aTaskThatIsKilledWithoutAnInterruptStopsBeforeTheNextPhoto() throws Exception {
        RESULTS.set(0);
        Dataset<Integer> job = photos("photo0[0-4].png").coalesce(1).mapPartitions(rooms().partitions(row ->
                new Photo<>(0, row.getAs("content")), (_, _) -> resultOnceTheTaskIsKilled()), Encoders.INT());
        try (SharedPredictor.Use use = SharedPredictor.of(rooms().source()).use()) {
            CompletableFuture<Throwable> failure = new CompletableFuture<>();
            Thread.ofPlatform().start(() -> {
                spark.sparkContext().setJobGroup("killed", "is killed", false);
                failure.complete(assertThrows(Exception.class, job::collectAsList));
            });
            while (RESULTS.get() == 0) {
                Thread.sleep(1);
            }
            spark.sparkContext().cancelJobGroup("killed");
            failure.get();
            while (use.predictor().ahead().availablePermits() < 3 * 4) {
                Thread.sleep(1);
            }
            assertEquals(1, RESULTS.get());
        }
    }

    private static int resultOnceTheTaskIsKilled() throws InterruptedException {
        RESULTS.incrementAndGet();
        while (!TaskContext.get().isInterrupted()) {
            Thread.sleep(1);
        }
        return 0;
    }

    @Test
    void aModelThatIsGoneOrAnotherEndsTheJobByName() throws Exception {
        Path own = TrainedModels.copy(TrainedModels.rooms(2), folder.resolve("own"));
        PhotoModel model = PhotoModel.at(own).on(DeviceKind.SOFT);
        Files.copy(run.resolve("best.safetensors"), own.resolve("best.safetensors"),
                StandardCopyOption.REPLACE_EXISTING);
        assertFails("is not the file that the driver read", model.predict(photos("photo*.png"), "content"));
        Files.move(own, own.resolveSibling("away"));
        assertFails("ship it, by shippedAs", model.predict(photos("photo*.png"), "content"));
        UserException none = assertThrows(UserException.class, () -> PhotoModel.at(own));
        assertTrue(none.getMessage().contains(own.toString()), none.getMessage());
    }

    @Test
    void whereThereIsNoGpuAModelThatWantsOneSaysWhy() {
        assertFails("no GPU", PhotoModel.at(run).on(DeviceKind.GPU).predict(photos("photo*.png"), "content"));
    }

    @Test
    void aColumnThatCannotBeOfPhotosIsRefusedByName() {
        Dataset<Row> files = photos("photo*.png");
        assertRefused("no column is called 'contents'; there are path, modificationTime, length, content. Did you mean"
                + " 'content'?", files, "contents");
        assertRefused("the column 'path' is of STRING, but must hold the bytes of photos' files, BINARY.", files,
                "path");
        assertRefused("a column is called 'Prediction', as what is predicted: rename it.", files.withColumnRenamed(
                "path", "Prediction"), "content");
        spark.udf().register("predict", rooms().function());
        files.createOrReplaceTempView("photos");
        assertFails("the function takes the bytes of a photo's file, BINARY", spark.sql(
                "SELECT predict(path).width FROM photos"));
    }

    private static void assertRefused(String message, Dataset<Row> photos, String content) {
        assertEquals(message, assertThrows(UserException.class, () -> rooms().predict(photos, content)).getMessage());
    }

    @Test
    void aTaskWhoseNameIsTakenIsRefused() {
        for (List<Field> fields : List.of(List.of(Field.ofDepth("Width", 0)), List.of(Field.ofDepth("depth", 0), Field
                .ofDepth("Depth", 0)))) {
            String message = assertThrows(UserException.class, () -> PredictionStruct.ofPhotos(fields)).getMessage();
            assertTrue(message.startsWith("the task '" + fields.getLast().name() + "' needs another name"), message);
        }
    }

    @Test
    void optionsThatCannotBeAreRefusedOnTheDriver() {
        assertThrows(UserException.class, () -> rooms().upTo(0));
        assertThrows(UserException.class, () -> rooms().only(-1));
        assertThrows(UserException.class, () -> rooms().waiting(Duration.ofSeconds(-1)));
    }

    /** What goes to the executors tells where the model lies, and holds none of it. */
    @Test
    void whatIsSerialisedIsSmall() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream objects = new ObjectOutputStream(bytes)) {
            objects.writeObject(rooms().partitions((Row row) -> new Photo<>(0, null), (_, _) -> 0, (_, _) -> 0));
        }
        assertTrue(bytes.size() < 4096, bytes.size() + " bytes");
        assertFalse(bytes.toString().contains("io.gimbal.predict.Model"), "the model is not in it");
    }
}
