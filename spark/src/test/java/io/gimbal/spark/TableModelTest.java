package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorOptions;
import io.gimbal.predict.RowPrediction;
import io.gimbal.predict.RowSource;
import io.gimbal.predict.TaskPrediction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of a table are predicted by tasks as by a predictor in a program. */
class TableModelTest {
    private static final int HOMES = 20;

    @TempDir
    private static Path folder;
    private static SparkSession spark;
    private static Path run;
    private static TableModel model;

    @BeforeAll
    static void begin() throws IOException, InterruptedException {
        spark = LocalSpark.on("local[2]").getOrCreate();
        run = TrainedModels.table(folder);
        model = TableModel.at(run).on(DeviceKind.SOFT).only(4);
        StringBuilder rows = new StringBuilder("id,town,size\n");
        for (int i = 0; i < HOMES; i++) {
            rows.append(i).append(',').append(i % 2 == 0 ? "north" : "south").append(',').append(i == 3 ? "" : 30.5
                    + i).append('\n');
        }
        Files.writeString(folder.resolve("asked.csv"), rows);
    }

    @AfterAll
    static void end() {
        TableModel.closeUnused();
        spark.stop();
    }

    private static Dataset<Row> homes() {
        return spark.read().option("header", true).option("inferSchema", true).csv(folder.resolve("asked.csv")
                .toString()).repartition(3);
    }

    @Test
    void eachRowOfADatasetSaysWhatThePredictorSays() throws Exception {
        assertEquals(List.of("size", "town"), model.columns());
        Dataset<Row> predicted = GimbalSpark.predict(homes(), model);
        assertEquals(List.of("id", "town", "size", "prediction"), List.of(predicted.columns()));
        List<Row> rows = predicted.selectExpr("id", "town", "size", "prediction.price.value", "prediction.grade.class",
                "prediction.grade.probabilities['high']", "prediction.error").orderBy("id").collectAsList();
        assertEquals(HOMES, rows.size());
        try (Device device = Device.open(DeviceKind.SOFT);
                Predictor predictor = Model.load(run).predictor(device, PredictorOptions.only(4))) {
            for (Row row : rows) {
                Map<String, Object> cells = new HashMap<>();
                cells.put("size", row.get(2));
                cells.put("town", row.get(1));
                RowPrediction said = predictor.predict(RowSource.of(cells));
                double price = ((TaskPrediction.ImageValues) said.task("price")).values()[0];
                assertEquals(price, row.getDouble(3));
                assertTrue(price > 0 && price < 1000, "in the table's units: " + price);
                TaskPrediction.ImageClass grade = (TaskPrediction.ImageClass) said.task("grade");
                assertEquals(grade.name(), row.getString(4));
                assertEquals(grade.probabilities()[grade.field().names().indexOf("high")], row.getDouble(5));
                assertNull(row.get(6));
            }
        }
    }

    @Test
    void whatCannotBeReadHasItsErrorInItsRowOrEndsTheJob() {
        Dataset<Row> some = homes().selectExpr("id", "size", "if(id = 5, 'west', town) AS town");
        List<Row> errors = model.predict(some).where("prediction.error IS NOT NULL").selectExpr("id",
                "prediction.error", "prediction.price").collectAsList();
        assertEquals(1, errors.size());
        assertEquals(5, errors.getFirst().getInt(0));
        assertTrue(errors.getFirst().getString(1).contains("column 'town': 'west' is no category"), errors::toString);
        assertNull(errors.getFirst().get(2));
        Exception failure = assertThrows(Exception.class, () -> model.strict().predict(some).collectAsList());
        assertTrue(failure.toString().contains("'west' is no category"), failure::toString);
    }

    @Test
    void elementsOfAnyTypeHaveResultsOfAnyType() {
        Dataset<Double> sizes = spark.createDataset(List.of(50.0, 60.0, 70.0), Encoders.DOUBLE());
        List<String> said = GimbalSpark.predict(sizes, model, size -> Map.of("size", size, "town", "south"),
                (size, prediction) -> size + " " + prediction.fields().size(), Encoders.STRING()).collectAsList();
        assertEquals(List.of("50.0 2", "60.0 2", "70.0 2"), said);
        Exception failure = assertThrows(Exception.class, () -> GimbalSpark.predict(sizes, model, size -> Map.of("size",
                size), (size, prediction) -> size, Encoders.DOUBLE()).collectAsList());
        assertTrue(failure.toString().contains("the row has no column 'town'"), failure::toString);
    }

    @Test
    void columnsThatCannotBeAreRefusedByNameOnTheDriver() throws IOException, InterruptedException {
        assertRefused(homes().drop("town"), "no column is called 'town'");
        assertRefused(homes().withColumnRenamed("size", "sizes"), "no column is called 'size'", "sizes");
        assertRefused(homes().selectExpr("town", "array(size) AS size"), "'size' is of ARRAY", "a number or a text");
        assertRefused(homes().selectExpr("*", "1 AS Prediction"), "a column is called 'Prediction'", "rename it");
    }

    private static void assertRefused(Dataset<Row> rows, String... parts) {
        String message = assertThrows(UserException.class, () -> model.predict(rows)).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void modelsOfTheOtherKindAreRefusedByName() throws IOException, InterruptedException {
        Path rooms = TrainedModels.rooms();
        String message = assertThrows(UserException.class, () -> TableModel.at(rooms)).getMessage();
        assertTrue(message.contains("did not learn from a table") && message.contains("PhotoModel"), message);
        message = assertThrows(UserException.class, () -> PhotoModel.at(run)).getMessage();
        assertTrue(message.contains("and no photos: take a TableModel"), message);
    }
}
