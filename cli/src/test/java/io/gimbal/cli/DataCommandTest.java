package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {
    @TempDir
    private Path path;
    private SmallData data;

    @BeforeEach
    void writeTheFolder() {
        data = new SmallData(path);
    }

    private Command check(String... more) {
        List<String> arguments = new ArrayList<>(List.of("data", data.config.toString(), "--no-progress"));
        arguments.addAll(List.of(more));
        return Command.run(arguments.toArray(String[]::new));
    }

    private JsonNode json(String... more) throws IOException {
        Path file = path.resolve("figures.json");
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.addAll(List.of("--json", file.toString()));
        check(arguments.toArray(String[]::new));
        return JsonMapper.builder().build().readTree(file.toFile());
    }

    @Test
    void soundDataAreCountedExactly() throws IOException {
        JsonNode figures = json();
        JsonNode training = figures.get("data");
        assertEquals(4, training.get("examples").asInt());
        assertEquals(4, training.get("read").asInt());
        assertEquals("[{\"width\":4,\"height\":4,\"examples\":4}]", training.get("sizes").toString());
        JsonNode parts = training.get("fields").get("parts");
        assertEquals(60, parts.get("labelled_places").asInt(), "one pixel of 16 is unlabelled");
        assertEquals(15.0 / 16, parts.get("labelled_part").asDouble());
        assertEquals("{\"name\":\"sky\",\"examples\":4,\"places\":40}", parts.get("counts").get(0).toString());
        assertEquals("{\"name\":\"land\",\"examples\":4,\"places\":16}", parts.get("counts").get(2).toString());
        JsonNode depth = training.get("fields").get("depth").get("values").get(0);
        assertEquals(64, depth.get("count").asInt());
        assertEquals(1, depth.get("least").asDouble());
        assertEquals(16, depth.get("largest").asDouble());
        // Sums of small whole numbers are exact but for the divisions: far within 1e-12 of 8.5 and (16^2 - 1) / 12.
        assertEquals(8.5, depth.get("mean").asDouble(), 1e-12);
        assertEquals(Math.sqrt(255 / 12.0), depth.get("deviation").asDouble(), 1e-12);
        // As it went through float32 and back: 2^-23 of it, and some roundings more.
        assertEquals(51 / 255.0, training.get("channels").get(2).get("mean").asDouble(), 1e-6);
        assertEquals(1, figures.get("validation").get("examples").asInt());
        assertEquals(0, figures.get("faults").size());
        assertEquals(0, figures.get("suspicions").size(), figures.get("suspicions").toString());
        Command command = check().succeeds();
        for (String word : List.of("data: 4 examples of", "all of 4 x 4 pixels", "validation: 1 example of", "\"mean\"",
                "sea", "4 of 4", "93.8 %")) {
            assertTrue(command.out().contains(word), word + " in " + command.out());
        }
    }

    @Test
    void bordersBesideAnImageAreNoneOfItsColours() throws IOException {
        for (String name : List.of("a", "b", "c", "d")) {
            data.folder.colours("photos/" + name + ".png", 4, 2, 102, 102, 102);
            data.folder.grey("parts/" + name + ".png", 4, 2, 0);
            data.folder.npy("depth/" + name + ".npy", "2, 4", 1, 2, 3, 4, 5, 6, 7, 8);
        }
        JsonNode figures = json("--set", "data.fit=inside", "--set", "model.input=[3,16,16]");
        JsonNode red = figures.get("data").get("channels").get(0);
        assertEquals(0.4, red.get("least").asDouble(), 1e-6);
        assertEquals(0.4, red.get("largest").asDouble(), 1e-6);
        assertEquals(0.5, figures.get("data").get("fields").get("parts").get("labelled_part").asDouble());
    }

    @Test
    void allThatIsBrokenIsListedAndWhatIsSoundIsCounted() throws IOException {
        Files.delete(path.resolve("photos/a.png"));
        Files.delete(path.resolve("depth/b.npy"));
        data.folder.text("parts/c.png", "no picture");
        data.folder.text("depth/c.npy", "no array");
        data.folder.text("photos/e.png", "");
        Command command = check().refuses(2, "photos/a.png: this file is missing", "depth/b.npy: this file is missing",
                "parts/c.png: neither", "depth/c.npy: neither", "photos/e.png: neither", "5 faults in the data");
        assertEquals(6, command.err().lines().count(), command.err());
        assertTrue(command.out().contains("data: 3 examples of"), command.out());
        assertTrue(command.out().contains("of which 2 can be read"), command.out());
        assertEquals(5, json().get("faults").size());
    }

    @Test
    void whatIsHardlyMeantIsSaidWithARemedy() {
        data.folder.npy("depth/a.npy", "4, 4", 1500, 2000, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        data.folder.grey("parts/e.png", 4, 4, 1);
        for (String name : List.of("a", "b", "c", "d")) {
            data.folder.grey("parts/" + name + ".png", 4, 4, 0);
        }
        data.folder.colours("photos/e.png", 4, 4, 10 * 'b' % 256, 20, 51);
        data.folder.colours("photos/d.png", 4, 4, 10 * 'c' % 256, 20, 51);
        Command command = check().succeeds();
        for (String word : List.of("'depth' reaches 2000", "\"scale\": 0.001", "'parts' is the same wherever it is "
                + "labelled: class 'sky'", "never has what the validation has: sea (1 example)",
                "1 image is among those to learn from, too: b (e in validation)", "such as c and d")) {
            assertTrue(command.out().contains(word), word + " in " + command.out());
        }
    }

    @Test
    void vectorsThatAreMostlyTooShortAndFieldsWithoutLabelsAreSuspicious() {
        for (String name : List.of("a", "b", "c", "d", "e")) {
            data.folder.colours("normals/" + name + ".png", 4, 4, 128, 128, 0, 128, 128, 128, 128, 128, 128);
            data.folder.npy("depth/" + name + ".npy", "4, 4", new float[16]);
        }
        Command command = check("--all", "--set", "data.fields.normals={\"kind\":\"vectors\",\"file\":"
                + "\"normals/{name}.png\"}").succeeds();
        for (String word : List.of("'normals' is unlabelled at 62.5 %", "data: the field 'depth' has no label in any "
                + "example; a task cannot learn it", "its metrics cannot be told")) {
            assertTrue(command.out().contains(word), word + " in " + command.out());
        }
    }

    @Test
    void fieldsThatNoTaskReadsAreLeftOutUnlessAskedFor() throws IOException {
        String age = "data.fields.age={\"kind\":\"value\",\"column\":\"age\"}";
        String kind = "data.fields.kind={\"kind\":\"class\",\"column\":\"kind\"}";
        assertFalse(json("--set", age).get("data").get("fields").has("age"));
        JsonNode fields = json("--set", age, "--set", kind, "--all").get("data").get("fields");
        assertEquals(2.5, fields.get("age").get("values").get(0).get("mean").asDouble());
        assertEquals("{\"name\":\"dog\",\"examples\":2,\"places\":2}", fields.get("kind").get("counts").get(1)
                .toString());
    }

    @Test
    void aConfigurationWithoutTasksIsEnough() {
        data.folder.text("small.json", SmallData.TEXT.replace("FOLDER", path.toString()).replaceFirst(
                "(?s)\"trunk\".*\"epochs\": 1", "\"trunk\": []}"));
        Command command = check().succeeds();
        assertTrue(command.out().contains("depth"), command.out());
    }

    @Test
    void aTableHasFieldsAndNoImages() throws IOException {
        Path config = data.folder.text("table.json", """
                {"data": {"source": "table", "path": "FOLDER", "list": "train.csv", "batch": 2,
                   "inputs": {"age": {"kind": "number"}}, "fields": {"kind": {"kind": "class", "column": "kind"}}},
                 "model": {"input": [1]}}
                """.replace("FOLDER", path.toString()));
        Command command = Command.run("data", config.toString(), "--no-progress", "--out", path.resolve("s.png")
                .toString()).succeeds();
        assertTrue(command.out().contains("dog") && command.out().contains("is not written"), command.out());
        assertFalse(command.out().contains("pixels;") || command.out().contains("normalize"), command.out());
    }

    @Test
    void allCellsOfATableThatAreWrongAreListedWithThoseToValidateOn() {
        data.folder.text("rows.csv", "age,pay,kind\n1,1,cat\nx,2,cat\n3,y,cow\n4,4\n,5,dog\n6,z,dog\n");
        data.folder.text("held.csv", "age,pay,kind\n7,7,cow\nq,8,cat\n");
        Path config = data.folder.text("table.json", """
                {"data": {"source": "table", "path": "FOLDER", "list": "rows.csv", "batch": 2,
                   "inputs": {"age": "number"}, "fields": {
                     "kind": {"kind": "class", "column": "kind", "classes": ["cat", "dog"]},
                     "pay": {"kind": "value", "column": "pay", "normalize": true}}},
                 "validation": {"list": "held.csv"}, "model": {"input": [1]}}
                """.replace("FOLDER", path.toString()));
        Command command = Command.run("data", config.toString(), "--no-progress").refuses(2,
                "rows.csv, line 3, column 'age': 'x'", "rows.csv, line 4, column 'pay': 'y'",
                "rows.csv, line 4, column 'kind': 'cow'", "rows.csv, line 5: 2 cells",
                "rows.csv, line 6, column 'age': is empty", "rows.csv, line 7, column 'pay': 'z'",
                "held.csv, line 2, column 'kind': 'cow'", "held.csv, line 3, column 'age': 'q'", "8 faults");
        assertEquals(9, command.err().lines().count(), command.err());
        assertTrue(command.out().contains("of which 1 can be read"), command.out());
    }

    @Test
    void allRowsOfPointsThatAreWrongAreListed() {
        data.folder.text("points.csv", "name,x,y\na,1,\nb,1,1\nb,2,2\nc,x,1\nd,1\ne,1,1\n");
        Command command = check("--all", "--set", "data.fields.joints={\"kind\":\"points\",\"count\":1,\"file\":"
                + "\"points.csv\"}").refuses(2, "points.csv, line 2, column 'y': is empty", "points.csv, line 4, "
                + "column 'name': 'b' has a row already", "points.csv, line 5, column 'x': 'x'", "points.csv, line 6: "
                + "2 cells", "4 faults");
        assertEquals(5, command.err().lines().count(), command.err());
    }

    @Test
    void bothFilesOfDigitsThatAreBrokenAreListed() {
        data.folder.text("train-images-idx3-ubyte", "no digits");
        data.folder.text("train-labels-idx1-ubyte", "");
        Path config = data.folder.text("digits.json", """
                {"data": {"source": "multimnist", "path": "FOLDER"}, "model": {"input": [1, 36, 36]}}
                """.replace("FOLDER", path.toString()));
        Command command = Command.run("data", config.toString(), "--no-progress").refuses(2,
                "train-labels-idx1-ubyte: is cut off", "train-images-idx3-ubyte: begins with 6e6f2064", "2 faults");
        assertEquals(3, command.err().lines().count(), command.err());
    }

    @Test
    void examplesAreDrawnAndTheFirstAsTheyAreVaried() throws IOException {
        Path sheet = path.resolve("sheet.png");
        check("--out", sheet.toString(), "--examples", "2").succeeds();
        BufferedImage plain = ImageIO.read(sheet.toFile());
        check("--out", sheet.toString(), "--examples", "2", "--set", "data.augment={\"rotate\":20}").succeeds();
        BufferedImage varied = ImageIO.read(sheet.toFile());
        assertEquals(plain.getWidth(), varied.getWidth());
        // Two rows become two with three variations each; headings and legend stay.
        int row = (varied.getHeight() - plain.getHeight()) / 6;
        assertTrue(row > 208 && row < 280, "a row takes " + row);
    }

    @Test
    void sheetsThatCannotBeDrawnAreSaid() {
        Path sheet = path.resolve("sheet.png");
        check("--out", sheet.toString(), "--examples", "0").refuses(2, "--examples is 0", "1 to 64");
        for (String name : List.of("a", "b", "c", "d")) {
            data.folder.text("photos/" + name + ".png", "x");
        }
        Command command = check("--out", sheet.toString()).refuses(2, "photos/a.png", "photos/d.png");
        assertTrue(command.out().contains("is not written"), command.out());
        assertFalse(Files.exists(sheet));
    }
}
