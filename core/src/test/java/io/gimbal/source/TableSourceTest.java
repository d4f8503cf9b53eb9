package io.gimbal.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.graph.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableSourceTest {
    private static final String ROWS = "age,job,income,mood\n10,cook,100,good\n20,baker,300,bad\n30,cook,,good\n";
    private static final String INPUTS = "{\"age\": \"number\", \"job\": \"category\"}";
    private static final String FIELDS = "{\"income\": {\"kind\": \"value\", \"column\": \"income\"}, "
            + "\"mood\": {\"kind\": \"class\", \"column\": \"mood\"}}";
    /** Of 10, 20 and 30. */
    private static final double DEVIATION = Math.sqrt(200 / 3.0);

    @TempDir
    private Path temporary;
    private DataFolder folder;

    @BeforeEach
    void writeATable() {
        folder = new DataFolder(temporary);
        folder.text("rows.csv", ROWS);
    }

    private static String data(String inputs, String fields) {
        return "{\"source\": \"table\", \"path\": \"FOLDER\", \"list\": \"rows.csv\", \"inputs\": " + inputs
                + ", \"fields\": " + fields + "}";
    }

    private DataSet open(String inputs, String fields, int features) {
        return folder.open(data(inputs, fields), Shape.features(1, features), Optional.empty());
    }

    private float[] input(DataSet data, int row) {
        return DataFolder.read(data, row, false).get("image");
    }

    @Test
    void numbersAreNormalisedAndCategoriesHaveAValueEach() {
        DataSet data = open(INPUTS, FIELDS, 3);
        assertEquals(3, data.size());
        // Rounded in float32, mean and deviation by themselves.
        assertArrayEquals(new float[] {(float) (-10 / DEVIATION), 0, 1}, input(data, 0), 1e-6f);
        assertArrayEquals(new float[] {0, 1, 0}, input(data, 1), 1e-6f);
        assertArrayEquals(new float[] {100}, DataFolder.read(data, 0, false).get("income"));
        assertArrayEquals(new float[] {-1}, DataFolder.read(data, 2, false).get("income"), "an empty cell");
        assertArrayEquals(new float[] {0}, DataFolder.read(data, 1, false).get("mood"), "bad is before good");
        assertEquals(List.of("bad", "good"), data.field("mood").names());
    }

    @Test
    void valuesAreNormalisedByChoice() {
        DataSet data = open(INPUTS, "{\"income\": {\"kind\": \"value\", \"columns\": [\"income\", \"age\"], "
                + "\"normalize\": true}}", 3);
        assertArrayEquals(new float[] {-1, (float) (-10 / DEVIATION)}, DataFolder.read(data, 0, false).get("income"),
                1e-6f);
        assertArrayEquals(new float[] {-1_000_000, -1_000_000}, DataFolder.read(data, 2, false).get("income"));
    }

    @Test
    void rowsToValidateOnAreReadAsThoseToLearnFrom() {
        folder.text("held.csv", "job,age,mood,income\nbaker,50,good,1\n");
        DataSet training = open(INPUTS, FIELDS, 3);
        Config given = Config.parse(data(INPUTS, FIELDS).replace("FOLDER", temporary.toString()), "test.json");
        DataSet held = Sources.validation(Config.parse("{\"list\": \"held.csv\"}", "held.json"), given, 1,
                Shape.features(1, 3), training.statistics());
        assertArrayEquals(new float[] {(float) (30 / DEVIATION), 1, 0}, input(held, 0), 1e-6f);
        assertArrayEquals(new float[] {1}, DataFolder.read(held, 0, false).get("mood"));
        folder.text("held.csv", "job,age,mood,income\nbutcher,50,good,1\n");
        assertRefused(() -> Sources.validation(Config.parse("{\"list\": \"held.csv\"}", "held.json"), given, 1,
                Shape.features(1, 3), training.statistics()), "held.csv, line 2, column 'job'",
                "'butcher' is no category", "\"unknown\": \"none\"");
    }

    @Test
    void whatWasToldBeforeCountsWhereTheTableHasChanged() {
        DataSet before = open(INPUTS, FIELDS, 3);
        folder.text("rows.csv", "age,job,income,mood\n1000,baker,7,good\n2000,baker,8,good\n");
        DataSet now = folder.open(data(INPUTS, FIELDS), Shape.features(1, 3), before.statistics());
        assertEquals(before.statistics(), now.statistics());
        assertArrayEquals(new float[] {(float) (980 / DEVIATION), 1, 0}, input(now, 0), 1e-4f);
        assertArrayEquals(new float[] {1}, DataFolder.read(now, 0, false).get("mood"));
        assertNotEquals(before.identity(), now.identity());
        assertRefused(() -> folder.open(data("{\"job\": \"category\", \"age\": \"number\"}", FIELDS),
                Shape.features(1, 3), before.statistics()), "inputs are [job, age]", "[age, job], in this order");
    }

    @Test
    void oneChangedCellIsAnotherTable() {
        DataSet before = open(INPUTS, FIELDS, 3);
        assertEquals(before.identity(), open(INPUTS, FIELDS, 3).identity());
        folder.text("rows.csv", ROWS.replace("20", "21"));
        assertNotEquals(before.identity(), open(INPUTS, FIELDS, 3).identity());
    }

    @Test
    void anOpenTableStaysAsItWasRead() {
        DataSet data = open(INPUTS, FIELDS, 3);
        float[] before = input(data, 1);
        folder.text("rows.csv", "");
        assertArrayEquals(before, input(data, 1));
        assertTrue(temporary.resolve("rows.csv").toFile().delete());
        assertArrayEquals(before, input(data, 1));
    }

    @Test
    void emptyCellsAndUnknownCategoriesAreAllowedByChoice() {
        folder.text("rows.csv", "age,job,income\n10,cook,1\n,baker,2\n30,,3\n20,cook,4\n");
        DataSet data = open("{\"age\": {\"kind\": \"number\", \"missing\": \"mean\"}, \"job\": {\"kind\": \"category\","
                + " \"categories\": [\"cook\"], \"missing\": \"none\", \"unknown\": \"none\"}}",
                "{\"income\": {\"kind\": \"value\", \"column\": \"income\"}}", 2);
        assertArrayEquals(new float[] {0, 0}, input(data, 1), 1e-6f);
        assertEquals(0, input(data, 2)[1]);
        assertEquals(1, input(data, 0)[1]);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{}|names no column",
        "{\"ag\": \"number\"}|is the column 'ag'",
        "{\"age\": \"numbers\"}|numbers",
        "{\"job\": \"number\", \"age\": \"number\"}|line 2, column 'job'",
        "{\"age\": {\"kind\": \"number\", \"unknown\": \"none\"}}|unknown",
        "{\"age\": {\"kind\": \"number\", \"missing\": \"none\"}}|missing",
        "{\"income\": \"number\"}|line 4, column 'income': is empty",
        "{\"job\": {\"kind\": \"category\", \"categories\": [\"cook\", \"cook\"]}}|categories",
        "{\"job\": {\"kind\": \"category\", \"categories\": [\"cook\"]}}|line 3, column 'job': 'baker'"})
    void mistakesInInputsAreNamed(String inputs, String why) {
        assertRefused(() -> open(inputs, FIELDS, 1), why);
    }

    @Test
    void theNetworkMustTakeAsManyValuesAsARowBecomes() {
        assertRefused(() -> open(INPUTS, FIELDS, 2), "a row becomes 3 values (age, job=baker, job=cook)",
                "model.input is 2 features", "make it [3]");
        assertRefused(() -> folder.open(data(INPUTS, FIELDS), Shape.image(1, 3, 1, 1), Optional.empty()),
                "3 x 1 x 1", "make it [3]");
    }

    @Test
    void aColumnThatSaysNothingIsRefused() {
        folder.text("rows.csv", "a,b,c\n5,1e9,\n5,1000000001,\n");
        String field = "{\"a\": {\"kind\": \"value\", \"column\": \"a\"}}";
        assertRefused(() -> open("{\"a\": \"number\"}", field, 1), "column 'a'", "deviation 0.0");
        assertRefused(() -> open("{\"b\": \"number\"}", field, 1), "column 'b'", "float32 cannot tell apart");
        assertRefused(() -> open("{\"c\": {\"kind\": \"number\", \"missing\": \"mean\"}}", field, 1), "column 'c'",
                "has a number");
        assertRefused(() -> open("{\"c\": {\"kind\": \"category\", \"missing\": \"none\"}}", field, 1), "column 'c'",
                "has a category");
    }

    @Test
    void aParquetFileIsRefusedWithHowToMakeItATable() {
        folder.text("rows.csv", "PAR1\u0015\u0004");
        assertRefused(() -> open(INPUTS, FIELDS, 3), "rows.csv: a Parquet file", "to_csv");
        folder.text("rows.csv", "PAR\n1\n");
        assertRefused(() -> open(INPUTS, FIELDS, 3), "does not have");
    }

    @Test
    void keysOfImagesAreRefused() {
        assertRefused(() -> folder.open(data(INPUTS, FIELDS).replace("{\"source\"", "{\"flip\": true, \"source\""),
                Shape.features(1, 3), Optional.empty()), "flip");
    }

    private static void assertRefused(org.junit.jupiter.api.function.Executable opening, String... parts) {
        String message = assertThrows(UserException.class, opening).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }
}
