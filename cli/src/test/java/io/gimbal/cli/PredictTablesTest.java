package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code gimbal predict} of a run that learned from a table. */
class PredictTablesTest {
    private static final String HEADER = "size,rooms,town,built,price,grade";

    @TempDir
    private static Path shared;
    private static Path run;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() {
        run = shared.resolve("run");
        Command.run("train", "examples/table.json", "--device", "soft", "--out", run.toString()).succeeds();
    }

    private Command predict(Object... more) {
        List<String> arguments = new ArrayList<>(List.of("predict", run.toString(), "--device", "soft", "--out",
                folder.resolve("out").toString()));
        for (Object argument : more) {
            arguments.add(argument.toString());
        }
        return Command.run(arguments.toArray(String[]::new));
    }

    private List<String> written(String name) throws IOException {
        return Files.readAllLines(folder.resolve("out").resolve(name));
    }

    /** It is made so that prices can be learned: what is said of homes that were held out is near theirs. */
    @Test
    void rowsKeepTheirCellsAndHaveWhatIsPredictedBesideThemInTheTablesUnits() throws IOException {
        Command command = predict("examples/table/held.csv");
        command.succeeds();
        List<String> asked = Files.readAllLines(Path.of("examples/table/held.csv"));
        List<String> lines = written("held.csv");
        assertEquals(HEADER + ",predicted.price,predicted.grade,predicted.grade.probability", lines.getFirst());
        assertEquals(asked.size(), lines.size());
        assertTrue(command.out().contains((asked.size() - 1) + " rows predicted in "), command.out());
        double off = 0;
        int right = 0;
        for (int i = 1; i < lines.size(); i++) {
            assertTrue(lines.get(i).startsWith(asked.get(i) + ","), lines.get(i));
            String[] cells = lines.get(i).split(",");
            off += Math.abs(Double.parseDouble(cells[6]) - Double.parseDouble(cells[4])) / Double.parseDouble(cells[4]);
            right += cells[7].equals(cells[5]) ? 1 : 0;
            double probability = Double.parseDouble(cells[8]);
            assertTrue(probability > 1 / 3.0 && probability <= 1, lines.get(i));
        }
        assertTrue(off / (lines.size() - 1) < 0.15, "prices are off by " + off / (lines.size() - 1));
        assertTrue(right > 0.8 * (lines.size() - 1), right + " grades are right");
    }

    @Test
    void aRowThatCannotBeReadIsToldByItsLineAndHasEmptyCells() throws IOException {
        Path tabs = Files.writeString(folder.resolve("tabs.tsv"), "id\tbuilt\ttown\trooms\tsize\n\"a,b\"\t1950\tnorth"
                + "\t4\t100\nb\t1950\tatlantis\t4\t100\nc\t1950\tnorth\tmany\t100\nd\t1950\tnorth\t4\t100\n");
        predict(tabs).refuses(1, tabs + ", line 3, column 'town': 'atlantis' is no category", tabs + ", line 4, column"
                + " 'rooms': 'many' is no number", "2 of 4 rows could not be read");
        List<String> lines = written("tabs.csv");
        assertEquals("id,built,town,rooms,size,predicted.price,predicted.grade,predicted.grade.probability",
                lines.getFirst());
        assertTrue(lines.get(1).startsWith("\"a,b\",1950,north,4,100,"), lines.get(1));
        assertEquals("b,1950,atlantis,4,100,,,", lines.get(2));
        assertEquals("c,1950,north,many,100,,,", lines.get(3));
        assertEquals(lines.get(1).substring(lines.get(1).indexOf(",1950")), lines.get(4).substring(lines.get(4).indexOf(
                ",1950")), "the same home, the same prediction");
    }

    /** Were a batch waited for that does not fill, each would take a minute. */
    @Test
    @Timeout(50)
    void rowsThatCannotBeReadLetNobodyWait() throws IOException {
        StringBuilder rows = new StringBuilder(HEADER + "\n");
        for (int i = 0; i < 1000; i++) {
            rows.append(i % 100 == 0 ? "100" : "much").append(",4,north,1950,1,low\n");
        }
        Path table = Files.writeString(folder.resolve("bad.csv"), rows);
        Command command = predict(table);
        command.refuses(1, "bad.csv, line 3, column 'size'", "990 of 1000 rows could not be read");
        assertEquals(20, command.err().lines().filter(line -> line.contains("column 'size'")).count());
        List<String> lines = written("bad.csv");
        assertEquals(1001, lines.size());
        assertTrue(lines.get(901).matches("100,4,north,1950,1,low,[0-9.]+,[a-z]+,[0-9.]+"), lines.get(901));
    }

    @Test
    void nothingIsDoneWhereSomethingIsInTheWay() throws IOException {
        Path one = Files.writeString(folder.resolve("one.csv"), HEADER + "\n100,4,north,1950,1,low\n");
        predict(one).succeeds();
        predict(one).refuses(2, "one.csv: is there already; --overwrite");
        predict(one, "--overwrite").succeeds();
        predict(folder.resolve("out/one.csv"), "--overwrite").refuses(2, "is a table to be predicted, and is not"
                + " replaced");
        Path again = Files.copy(folder.resolve("out/one.csv"), folder.resolve("again.csv"));
        predict(again).refuses(2, "again.csv: a column is called 'predicted.price'");
        Path lacks = Files.writeString(folder.resolve("lacks.csv"), "size,room,town,built\n100,4,north,1950\n");
        predict(lacks).refuses(2, "lacks.csv has no column 'rooms', which the network takes", "room");
        predict(one, "--as", "json").refuses(2, "--as says what is written of photos");
        predict(folder.resolve("none.csv")).refuses(2, "none.csv: there is no such file");
        assertFalse(Files.exists(folder.resolve("out/lacks.csv")));
    }
}
