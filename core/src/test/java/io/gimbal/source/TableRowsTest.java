package io.gimbal.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Normalisation;
import io.gimbal.graph.Shape;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that a program has are read as those of the table that was learned from. */
class TableRowsTest {
    private static final String FIELDS = "{\"income\": {\"kind\": \"value\", \"columns\": [\"income\", \"age\"], "
            + "\"normalize\": true}, \"plain\": {\"kind\": \"value\", \"column\": \"income\"}, "
            + "\"mood\": {\"kind\": \"class\", \"column\": \"mood\"}}";

    @TempDir
    private Path temporary;
    private DataFolder folder;

    @BeforeEach
    void writeATable() {
        folder = new DataFolder(temporary);
        folder.text("rows.csv", "age,job,income,mood\n10.5,cook,100,good\n,baker,300,bad\n-3e1,,200,good\n");
    }

    private DataSet open(String inputs) {
        return folder.open("{\"source\": \"table\", \"path\": \"FOLDER\", \"list\": \"rows.csv\", \"inputs\": " + inputs
                + ", \"fields\": " + FIELDS + "}", Shape.features(1, 3), Optional.empty());
    }

    private static TableRows rows(DataSet data) {
        return TableRows.read(data.statistics().orElseThrow(), "the statistics");
    }

    private static Map<String, Object> row(Object age, Object job) {
        Map<String, Object> row = new HashMap<>();
        row.put("age", age);
        row.put("job", job);
        return row;
    }

    private static final String LENIENT = "{\"age\": {\"kind\": \"number\", \"missing\": \"mean\"}, "
            + "\"job\": {\"kind\": \"category\", \"missing\": \"none\", \"unknown\": \"none\"}}";

    @Test
    void theyBecomeWhatTheTablesBecomeToTheBit() {
        DataSet data = open(LENIENT);
        TableRows rows = rows(data);
        assertEquals(List.of("age", "job"), rows.columns());
        assertEquals(3, rows.width());
        List<Map<String, Object>> all = List.of(row(10.5, "cook"), row(null, " baker "), row("-3e1", ""));
        for (int i = 0; i < all.size(); i++) {
            assertArrayEquals(DataFolder.read(data, i, false).get("image"), rows.values(all.get(i), "the row"), "row "
                    + i);
        }
        assertArrayEquals(new float[] {rows.values(all.get(0), "the row")[0], 0, 0}, rows.values(row(10.5f, "butcher"),
                "the row"));
    }

    @Test
    void unitsAreThoseOfFieldsThatWereNormalised() {
        TableRows rows = rows(open(LENIENT));
        Normalisation income = rows.units("income").orElseThrow();
        assertEquals(List.of(200f, -9.75f), income.mean());
        assertEquals(Optional.empty(), rows.units("plain"));
        assertEquals(Optional.empty(), rows.units("mood"));
        assertEquals(Optional.empty(), rows.units("none of them"));
    }

    @Test
    void whatTrainingWouldRefuseIsRefusedByName() {
        folder.text("rows.csv", "age,job,income,mood\n10,cook,100,good\n20,baker,300,bad\n");
        TableRows rows = rows(open("{\"age\": \"number\", \"job\": \"category\"}"));
        assertRefused(rows, row("old", "cook"), "the row, column 'age': 'old' is no number of float32");
        assertRefused(rows, row(Double.NaN, "cook"), "the row, column 'age': 'NaN' is no number of float32");
        assertRefused(rows, row(null, "cook"), "the row, column 'age': is empty");
        assertRefused(rows, row(1, "bakers"), "the row, column 'job': 'bakers' is no category", "baker");
        assertRefused(rows, row(1, null), "the row, column 'job': is empty");
        assertRefused(rows, Map.of("age", 1, "jobs", "cook"), "the row has no column 'job'", "jobs");
        assertRefused(rows, Map.of(), "the row has no column 'age'");
    }

    private static void assertRefused(TableRows rows, Map<String, ?> row, String... parts) {
        String message = assertThrows(UserException.class, () -> rows.values(row, "the row")).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void statisticsThatCannotBeAreNamed() {
        for (String damaged : List.of("{", "{}", "{\"inputs\": {}}", "{\"inputs\": {\"a\": {}}, \"fields\": {}}",
                "{\"inputs\": {\"a\": {\"mean\": 0, \"std\": 0}}, \"fields\": {}}",
                "{\"inputs\": {\"a\": {\"categories\": []}}, \"fields\": {}}",
                "{\"inputs\": {\"a\": {\"mean\": 0, \"std\": 1, \"missing\": \"median\"}}, \"fields\": {}}",
                "{\"inputs\": {\"a\": {\"mean\": 0, \"std\": 1}}, "
                        + "\"fields\": {\"b\": {\"mean\": [0], \"std\": []}}}")) {
            String message = assertThrows(UserException.class, () -> TableRows.read(damaged, "a file's statistics"),
                    damaged).getMessage();
            assertTrue(message.startsWith("a file's statistics"), message);
        }
    }
}
