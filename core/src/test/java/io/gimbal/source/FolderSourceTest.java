package io.gimbal.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.picture.JpegBytes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FolderSourceTest {
    private static final String START =
            "{\"source\": \"folder\", \"path\": \"FOLDER\", \"image\": \"photos/{name}.png\", ";
    private static final float HALF = 128 / 255f * 4 - 2;

    @TempDir
    private Path temporary;
    private DataFolder folder;

    @BeforeEach
    void writeTwoPhotos() {
        folder = new DataFolder(temporary);
        folder.text("train.txt", "a\nb\n");
        folder.colours("photos/a.png", 3, 2, 128, 0, 255);
        folder.colours("photos/b.png", 3, 2, 10);
    }

    @Test
    void linesThatAreStoredAreEdgesAboveAThresholdAndThinned() {
        folder.text("one.txt", "c\n");
        folder.colours("photos/c.png", 5, 5, 90);
        folder.grey("lines/c.png", 5, 5, 0, 200, 255, 255, 0, 0, 255, 255, 255, 0, 0, 255, 255, 255, 0, 0, 255, 255,
                255, 0, 0, 255, 255, 255, 0);
        String fields = START + "\"list\": \"one.txt\", \"fields\": {\"lines\": {\"file\": \"lines/{name}.png\", "
                + "\"kind\": \"edges\", ";
        float[] lines = DataFolder.read(folder.open(fields + "\"threshold\": 127}}}", 3, 5, 5), 0, false).get("lines");
        int edges = 0;
        for (int row = 0; row < 5; row++) {
            for (int column = 0; column < 5; column++) {
                assertTrue(column == 2 || lines[5 * row + column] == 0, "at " + row + ", " + column);
                edges += (int) lines[5 * row + column];
            }
        }
        assertTrue(edges >= 3, "a line of " + edges + " pixels");
        float[] brighter = DataFolder.read(folder.open(fields + "\"threshold\": 255}}}", 3, 5, 5), 0, false)
                .get("lines");
        assertArrayEquals(new float[25], brighter);
    }

    /** Runs of a time when edges were values go on with the same data. */
    @Test
    void edgesAreAKindOfTheirOwnInASetThatIsKnownAgain() {
        folder.grey("parts/a.png", 3, 2, 0);
        folder.grey("parts/b.png", 3, 2, 1);
        String fields = "\"list\": \"train.txt\", \"fields\": {\"lines\": {\"file\": \"parts/{name}.png\", \"kind\": ";
        DataSet edges = folder.open(START + fields + "\"edges\"}}}", 3, 2, 3);
        DataSet values = folder.open(START + fields + "\"values\"}}}", 3, 2, 3);
        assertEquals(Field.ofEdges("lines", -1), edges.field("lines"));
        assertEquals(Field.ofValues("lines", 1, -1), values.field("lines"));
        assertEquals(values.identity(), edges.identity());
    }

    @Test
    void photosAndTheirNormalisationAreRead() {
        folder.grey("parts/a.png", 3, 2, 0);
        folder.grey("parts/b.png", 3, 2, 1);
        String fields = "\"list\": \"train.txt\", \"fields\": {\"parts\": {\"file\": \"parts/{name}.png\", \"kind\": "
                + "\"classes\", \"classes\": 2}}";
        DataSet data = folder.open(START + fields + "}", 3, 2, 3);
        assertEquals(2, data.size());
        assertArrayEquals(new float[] {HALF, -2, 2}, first(data, "image", 3), 1e-6f);
        DataSet imagenet = folder.open(START + "\"normalize\": \"imagenet\", " + fields + "}", 3, 2, 3);
        assertEquals((128 / 255.0 - 0.485) / 0.229, DataFolder.read(imagenet, 0, false).get("image")[0], 1e-5);
        DataSet own = folder.open(START + "\"normalize\": {\"mean\": [0], \"std\": [1]}, " + fields + "}", 3, 2, 3);
        assertArrayEquals(new float[] {128 / 255f, 0, 1}, first(own, "image", 3), 1e-6f);
        assertArrayEquals(new float[] {1, 1, 1, 1, 1, 1}, DataFolder.read(data, 1, false).get("parts"));
    }

    @Test
    void classesAreMappedByNumberRangeAndIgnored() {
        folder.grey("parts/a.png", 3, 2, 0, 8, 40, 255, 3, 200);
        folder.grey("parts/b.png", 3, 2, 0);
        Map<String, float[]> read = DataFolder.read(parts("\"classes\": 7, \"ignore\": 99, \"map\": {\"255\":"
                + " \"ignore\","
                + " \"8-40\": 6, \"200\": 1}"), 0, false);
        assertArrayEquals(new float[] {0, 6, 6, 99, 3, 1}, read.get("parts"));
    }

    @Test
    void classesMayBeColours() {
        folder.colours("parts/a.png", 3, 2, 255, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0);
        folder.colours("parts/b.png", 3, 2, 0);
        DataSet data = parts("\"classes\": 2, \"map\": {\"#ff0000\": 1, \"#00FF00\": 0, \"#000000\": \"ignore\"}");
        assertArrayEquals(new float[] {1, 0, 255, 1, 1, 1}, DataFolder.read(data, 0, false).get("parts"));
        folder.colours("parts/b.png", 3, 2, 1, 2, 3);
        assertRefused(() -> DataFolder.read(parts("\"classes\": 2, \"map\": {\"#ff0000\": 1}"), 1, false),
                "parts/b.png",
                "the colour #010203 at row 0, column 0", "\"#010203\": \"ignore\"");
    }

    @Test
    void moreThan255ClassesAreKeptAsSixteenBits() {
        folder.grey16("parts/a.png", 3, 2, 0, 300, 65535, 999, 256, 255);
        folder.grey16("parts/b.png", 3, 2, 0);
        DataSet data = parts("\"classes\": 1000, \"ignore\": -7, \"map\": {\"65535\": \"ignore\"}");
        assertArrayEquals(new float[] {0, 300, -7, 999, 256, 255}, DataFolder.read(data, 0, false).get("parts"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"classes\": 2, \"map\": {\"x\": 1}|data.fields.parts.map.x|is no number",
        "\"classes\": 2, \"map\": {\"9-3\": 1}|map.9-3|last number is less",
        "\"classes\": 2, \"map\": {\"3-9\": 1, \"9\": 0}|map.9|has numbers that 3-9 has, too",
        "\"classes\": 2, \"map\": {\"3\": 1, \"#000000\": 0}|#000000|numbers or colours, not both",
        "\"classes\": 2, \"map\": {\"3\": 2}|map.3|0 to 1",
        "\"classes\": 2, \"map\": {\"3\": \"ignored\"}|map.3|ignore",
        "\"classes\": 2, \"ignore\": 1|fields.parts.ignore|is 1, which is one of the 2 classes",
        "\"classes\": 2, \"names\": [\"one\"]|fields.parts.names|has 1 names for 2",
        "\"classes\": 0|fields.parts.classes|0"})
    void mistakesInClassesAreNamed(String keys, String place, String why) {
        folder.grey("parts/a.png", 3, 2, 0);
        folder.grey("parts/b.png", 3, 2, 0);
        assertRefused(() -> parts(keys), place.replace("data.", ""), why);
    }

    @Test
    void aClassThatIsNoneIsNamedWithItsPlace() {
        folder.grey("parts/a.png", 3, 2, 0, 0, 0, 0, 5, 0);
        folder.grey("parts/b.png", 3, 2, 0);
        assertRefused(() -> DataFolder.read(parts("\"classes\": 2"), 0, false), "parts/a.png",
                "class number 5 at row 1, "
                + "column 1", "\"map\": {\"5\": \"ignore\"}");
    }

    @Test
    void valuesOfSixteenBitsAreExactAndMissingOnesAreUnlabelled() {
        folder.grey16("depth/a.png", 3, 2, 0, 1, 1000, 65535, 2, 3);
        folder.grey("depth/b.png", 3, 2, 7);
        DataSet data = field("depth", "\"kind\": \"depth\", \"scale\": 0.001");
        assertArrayEquals(new float[] {0, 0.001f, 1, 65.535f, 0.002f, 0.003f}, DataFolder.read(data, 0, false)
                .get("depth"), 1e-6f);
        assertEquals(0.007f, DataFolder.read(data, 1, false).get("depth")[0], 1e-7f);
        assertEquals(Field.Kind.DEPTH, data.field("depth").kind());
        DataSet values = field("depth", "\"kind\": \"values\", \"scale\": 2, \"offset\": 1, \"missing\": [0, 1000], "
                + "\"ignore\": -1");
        assertArrayEquals(new float[] {-1, 3, -1}, first(values, "depth", 3));
    }

    @Test
    void realNumbersMayHaveGaps() {
        folder.npy("depth/a.npy", "2, 3", 1.5f, Float.NaN, -2, 4, 5, 6);
        folder.npy("depth/b.npy", "2, 3", 0, 0, 0, 0, 0, 0);
        DataSet data = field("depth", "\"kind\": \"values\", \"missing\": \"nan\", \"ignore\": -9", ".npy");
        assertArrayEquals(new float[] {1.5f, -9, -2, 4, 5, 6}, DataFolder.read(data, 0, false).get("depth"));
        assertRefused(() -> DataFolder.read(field("depth", "\"kind\": \"values\"", ".npy"), 0, false), "depth/a.npy",
                "row 0, column 1", "NaN", "\"missing\": \"nan\"");
        assertRefused(() -> DataFolder.read(field("depth", "\"kind\": \"values\", \"missing\": \"nan\", \"ignore\": 4",
                ".npy"), 0, false), "row 1, column 0", "4.0", "another 'ignore'");
    }

    @Test
    void vectorsAreUnitVectorsInTheCamerasAxes() {
        folder.colours("normals/a.png", 3, 2, 255, 128, 128, 0, 0, 0, 128, 128, 128, 128, 255, 128, 128, 128, 0, 128,
                128, 255);
        folder.colours("normals/b.png", 3, 2, 0);
        float[] read = DataFolder.read(field("normals", "\"kind\": \"vectors\", \"axes\": [\"x\", \"-y\", \"-z\"]"), 0,
                false).get("normals");
        // 128 of 255 is not quite 0, and vectors are kept in bytes: 0.4 degrees.
        assertArrayEquals(new float[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1}, read, 0.01f);
        assertRefused(() -> field("normals", "\"kind\": \"vectors\", \"axes\": [\"x\", \"x\", \"z\"]"), "axes",
                "which axis each stored channel is");
    }

    @Test
    void flowIsInPixelsOfTheFinishedImage() {
        folder.npy("flow/a.npy", "2, 3, 2", 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2);
        folder.npy("flow/b.npy", "2, 3, 2", 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2);
        String data = START + "\"list\": \"train.txt\", \"fields\": {\"flow\": {\"file\": \"flow/{name}.npy\","
                + " \"kind\": "
                + "\"flow\", \"ignore\": -1000}}}";
        float[] read = DataFolder.read(folder.open(data, 3, 6, 6), 0, true).get("flow");
        assertArrayEquals(new float[] {-6, 6}, java.util.Arrays.copyOf(read, 2));
    }

    @Test
    void pointsOfATableBecomeBellsAndChangePlacesInAMirror() {
        folder.text("points.csv", "image,lx,ly,rx,ry\na,0,1,2,0\nb,,,1,1\n");
        DataSet data = points("\"file\": \"points.csv\", \"count\": 2, \"sigma\": 1, \"mirror\": [[0, 1]]");
        float[] read = DataFolder.read(data, 0, false).get("joints");
        assertEquals(1, read[2 * 3]);
        assertEquals(Math.exp(-0.5), read[2 * 4], 1e-6);
        assertEquals(1, read[2 * 2 + 1]);
        float[] mirrored = DataFolder.read(data, 0, true).get("joints");
        assertEquals(1, mirrored[2 * 5 + 1]);
        assertEquals(1, mirrored[0]);
        float[] half = DataFolder.read(data, 1, false).get("joints");
        assertEquals(0, half[2 * 4]);
        assertEquals(1, half[2 * 4 + 1]);
    }

    @Test
    void pointsMayBeInTheFormOfCocoWithSeveralOfAKindInAnImage() {
        folder.text("points.json", """
                {"info": {"x": [1, {"y": 2}]}, "annotations": [
                  {"image_id": 7, "keypoints": [[0, 0, 2], [1, 1, 0]]},
                  {"image_id": 7, "bbox": [1, 2], "keypoints": [2, 1, 1, 1, 0, 2]}],
                 "images": [{"id": 7, "file_name": "a.jpg", "width": 3}, {"id": 8, "file_name": "b.jpg"}],
                 "categories": [{"name": "dog", "keypoints": ["left_eye", "right_eye"]}]}
                """);
        DataSet data = points("\"file\": \"points.json\", \"count\": 2, \"sigma\": 0.5");
        assertEquals(List.of("left_eye", "right_eye"), data.field("joints").names());
        float[] read = DataFolder.read(data, 0, false).get("joints");
        assertEquals(1, read[0]);
        assertEquals(1, read[2 * 5]);
        assertEquals(1, read[2 * 1 + 1]);
        // Two places of one point: the higher bell, not the sum.
        assertTrue(read[2 * 4] < 0.2);
        float[] mirrored = DataFolder.read(data, 0, true).get("joints");
        assertEquals(1, mirrored[2 * 2 + 1], "the left eye became the right one");
        float[] none = DataFolder.read(data, 1, false).get("joints");
        assertEquals(-1, none[0], "an image without annotations has no label");
    }

    /** The image has 3 x 2 pixels: its edges are at -0.5 and 2.5, or at 0 and 3 by another reckoning. */
    @ParameterizedTest
    @ValueSource(strings = {"3.5,1", "-0.6,1", "1,2.5", "1,-0.6", "300,200"})
    void pointsNoneOfWhichLiesInTheirImageAreRefused(String outside) {
        String csv = "\"file\": \"points.csv\", \"count\": 2, \"mirror\": []";
        folder.text("points.csv", "image,lx,ly,rx,ry\na," + outside + ",,\nb,1,1,,\n");
        assertRefused(() -> DataFolder.read(points(csv), 0, false), "points.csv", "none of the points of 'a'",
                "3 x 2 pixels", "the first is in column " + Float.parseFloat(outside.split(",")[0]), "empty cells");
        folder.text("points.csv", "image,lx,ly,rx,ry\na," + outside + ",1,1\nb,3,2,,\n");
        DataSet data = points(csv);
        float[] joints = DataFolder.read(data, 0, false).get("joints");
        for (int pixel = 0; pixel < 6; pixel++) {
            assertEquals(0, joints[2 * pixel], "one of them may lie outside, and is not there");
        }
        assertEquals(1, joints[2 * 4 + 1]);
        DataFolder.read(data, 1, false);
        folder.text("points.json", "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], \"annotations\": "
                + "[{\"image_id\": 1, \"keypoints\": [" + outside + ", 1, 0, 0, 0]}]}");
        assertRefused(() -> DataFolder.read(points(csv.replace(".csv", ".json")), 0, false), "points.json",
                "none of the points of 'a'", "v = 0");
    }

    @Test
    void whatPointsBecomeInAMirrorMustBeKnown() {
        folder.text("points.csv", "image,x0,y0\na,0,1\n");
        assertRefused(() -> points("\"file\": \"points.csv\", \"count\": 1"), "fields.joints", "mirror", "data.flip");
        points("\"file\": \"points.csv\", \"count\": 1, \"mirror\": []");
        folder.open(START + "\"flip\": false, \"list\": \"train.txt\", \"fields\": {\"joints\": {\"kind\": \"points\", "
                + "\"file\": \"points.csv\", \"count\": 1}}}", 3, 2, 3);
    }

    @Test
    void whatIsKnownOfAnImageStandsInItsRow() {
        folder.text("people.csv", "\uFEFFname;age;gender;tags\r\na;12.5;m;happy;\r\n".replace("happy;", "\"tall; old\"")
                + "b;;f;\r\n");
        DataSet data = folder.open(START + "\"list\": \"people.csv\", \"fields\": {\"age\": {\"column\": \"age\", "
                + "\"kind\": \"value\"}, \"gender\": {\"column\": \"gender\", \"kind\": \"class\"}, \"tags\":"
                + " {\"column\": "
                + "\"tags\", \"kind\": \"labels\"}}}", 3, 2, 3);
        assertEquals(List.of("f", "m"), data.field("gender").names());
        assertEquals(List.of("old", "tall"), data.field("tags").names());
        Map<String, float[]> first = DataFolder.read(data, 0, false);
        assertArrayEquals(new float[] {12.5f}, first.get("age"));
        assertArrayEquals(new float[] {1}, first.get("gender"));
        assertArrayEquals(new float[] {1, 1}, first.get("tags"));
        Map<String, float[]> second = DataFolder.read(data, 1, false);
        assertArrayEquals(new float[] {-1}, second.get("age"));
        assertArrayEquals(new float[] {0}, second.get("gender"));
        assertArrayEquals(new float[] {-1, -1}, second.get("tags"));
    }

    @Test
    void aFileThatIsMissingIsAnErrorOrAnAbsentLabel() {
        folder.grey("parts/a.png", 3, 2, 1);
        assertRefused(() -> parts("\"classes\": 2"), "parts/b.png", "this file is missing", "train.txt, line 2", "'b'",
                "missing_files");
        DataSet data = folder.open(START + "\"missing_files\": \"absent\", \"list\": \"train.txt\", \"fields\":"
                + " {\"parts\": "
                + "{\"file\": \"parts/{name}.png\", \"kind\": \"classes\", \"classes\": 2}}}", 3, 2, 3);
        assertEquals(255, DataFolder.read(data, 1, false).get("parts")[0]);
        assertEquals(1, DataFolder.read(data, 0, false).get("parts")[0]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"photos/a.png", "parts/a.png"})
    void aFileThatVanishesOrChangesOnceTheDataAreOpenIsNamed(String name) throws IOException {
        folder.grey("parts/a.png", 3, 2, 1);
        folder.grey("parts/b.png", 3, 2, 1);
        DataSet data = parts("\"classes\": 2");
        Path file = temporary.resolve(name);
        byte[] sound = Files.readAllBytes(file);
        Files.delete(file);
        assertRefused(() -> DataFolder.read(data, 0, false), name + ": this file is missing", "Restore it");
        Files.createDirectory(file);
        assertRefused(() -> DataFolder.read(data, 0, false), name + ": is a folder, where a picture is needed");
        Files.delete(file);
        folder.bytes(name, Arrays.copyOf(sound, sound.length - 15));
        assertRefused(() -> DataFolder.read(data, 0, false), name + ": a damaged or cut-off file");
        folder.bytes(name, new byte[0]);
        assertRefused(() -> DataFolder.read(data, 0, false), name, "the file is empty");
        folder.bytes(name, sound);
        assertEquals(1, DataFolder.read(data, 0, false).get("parts")[0], "nothing of it was kept");
    }

    @Test
    void namesMayStandForFoldersColumnsAndAnySuffix() throws IOException {
        folder.text("list.csv", "name,shot\nx,2\n");
        folder.colours("rooms/x/2.png", 3, 2, 128);
        DataSet data = folder.open("{\"source\": \"folder\", \"path\": \"FOLDER\", \"list\": \"list.csv\", \"image\": "
                + "\"rooms/{name}/{shot}.*\", \"fields\": {\"shot\": {\"column\": \"shot\", \"kind\": \"value\"}}}", 3,
                2, 3);
        assertEquals(HALF, DataFolder.read(data, 0, false).get("image")[0], 1e-6);
        folder.bytes("rooms/x/2.jpg", new byte[1]);
        assertRefused(() -> folder.open("{\"source\": \"folder\", \"path\": \"FOLDER\", \"list\": \"list.csv\","
                + " \"image\": "
                + "\"rooms/{name}/{shot}.*\", \"fields\": {\"shot\": {\"column\": \"shot\", \"kind\": \"value\"}}}", 3,
                2, 3),
                "which of 2.jpg and 2.png is meant");
        assertRefused(() -> folder.open("{\"source\": \"folder\", \"path\": \"FOLDER\", \"list\": \"list.csv\","
                + " \"image\": "
                + "\"rooms/{nme}.png\", \"fields\": {}}", 3, 2, 3), "{nme}", "name, shot");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../etc/passwd", "/etc/passwd", "a/../b", "."})
    void aNameDoesNotLeadOutOfTheFolder(String name) {
        folder.text("train.csv", "name\n" + name + "\n");
        assertRefused(() -> folder.open(START + "\"list\": \"train.csv\", \"fields\": {\"n\": {\"column\": \"name\", "
                + "\"kind\": \"class\"}}}", 3, 2, 3), "train.csv, line 2", name);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "~name,age\na,1,2\n~|line 2|3 cells, but there are 2 columns",
        "~name,age\na,old\n~|line 2, column 'age'|'old' is no number",
        "~name,age\na,NaN\n~|line 2, column 'age'|'NaN' is no number",
        "~name,age\na,1e99\n~|line 2, column 'age'|'1e99' is no number",
        "~name,age\na,-1\n~|line 2, column 'age'|stands for images without a label",
        "~name,age\na,1\na,2\n~|line 3|stands in line 2 already",
        "~name,name\na,1\n~|line 1|two columns are called 'name'",
        "~name,\na,1\n~|line 1|column 2 has no name",
        "~name,age\n~|list.csv|this table is empty",
        "~~|list.csv|this table is empty",
        "~name,years\na,1\n~|fields.age|'age', which the list does not have"})
    void mistakesInAListAreNamedWithTheirLine(String text, String place, String why) {
        folder.text("list.csv", text);
        assertRefused(() -> folder.open(START + "\"list\": \"list.csv\", \"fields\": {\"age\": {\"column\": \"age\", "
                + "\"kind\": \"value\"}}}", 3, 2, 3), place, why);
    }

    @Test
    void aListInAnotherEncodingIsNamed() {
        folder.bytes("list.csv", new byte[] {'n', 'a', 'm', 'e', '\n', (byte) 0xE4, '\n'});
        assertRefused(() -> folder.open(START + "\"list\": \"list.csv\", \"fields\": {\"age\": {\"column\": \"age\", "
                + "\"kind\": \"value\"}}}", 3, 2, 3), "list.csv", "UTF-8");
    }

    @Test
    void labelsOfAnotherSizeThanTheirPhotoAreNamed() {
        folder.grey("parts/a.png", 2, 2, 1);
        folder.grey("parts/b.png", 3, 2, 1);
        DataSet data = parts("\"classes\": 2");
        assertRefused(() -> DataFolder.read(data, 0, false), "parts/a.png", "2 x 2 pixels", "photos/a.png has 3 x 2");
    }

    @Test
    void aPhotoThatIsShownTurnedIsRefusedOrTurnedAsTheConfigurationSays() throws IOException {
        folder.text("train.txt", "t\n");
        folder.bytes("photos/t.png", turnedClockwise());
        folder.grey("stored/t.png", 3, 2, 0, 1, 2, 3, 4, 5);
        folder.grey("shown/t.png", 2, 3, 3, 0, 4, 1, 5, 2);
        assertRefused(() -> DataFolder.read(turned("stored", "refuse"), 0, false), "photos/t.png",
                "EXIF orientation, 6");
        float[] due = {3, 0, 4, 1, 5, 2};
        assertArrayEquals(due, DataFolder.read(turned("stored", "alike"), 0, false).get("parts"));
        assertArrayEquals(due, DataFolder.read(turned("shown", "photo"), 0, false).get("parts"));
        assertRefused(() -> DataFolder.read(turned("stored", "photo"), 0, false), "stored/t.png", "2 x 3",
                "as it is turned");
        // The photo's stored first row is its right column as shown.
        assertEquals(-2, DataFolder.read(turned("stored", "alike"), 0, false).get("image")[3], 0.3);
        folder.text("points.csv", "image,x,y\nt,0,1\n");
        DataSet points = folder.open(START + "\"orientation\": \"alike\", \"list\": \"train.txt\", \"fields\":"
                + " {\"joints\": "
                + "{\"kind\": \"points\", \"count\": 1, \"mirror\": [], \"sigma\": 0.5, \"file\": \"points.csv\"}}}",
                3, 3, 2);
        assertEquals(1, DataFolder.read(points, 0, false).get("joints")[0]);
    }

    private DataSet turned(String labels, String orientation) {
        return folder.open(START + "\"orientation\": \"" + orientation + "\", \"list\": \"train.txt\", \"fields\": "
                + "{\"parts\": {\"file\": \"" + labels + "/{name}.png\", \"kind\": \"classes\", \"classes\": 6}}}", 3,
                3, 2);
    }

    /** A JPEG, whatever its name, of a dark left and a bright right column, to be turned by 90 degrees clockwise. */
    private static byte[] turnedClockwise() throws IOException {
        BufferedImage picture = new BufferedImage(3, 2, BufferedImage.TYPE_3BYTE_BGR);
        for (int x = 0; x < 3; x++) {
            picture.setRGB(x, 1, 0xFFFFFF);
        }
        byte[] jpeg = JpegBytes.of(picture, false);
        ByteBuffer exif = ByteBuffer.allocate(6 + 8 + 2 + 12 + 4);
        exif.put(new byte[] {'E', 'x', 'i', 'f', 0, 0}).put(new byte[] {'M', 'M', 0, 42}).putInt(8).putShort((short) 1)
                .putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) 6).putShort((short) 0)
                .putInt(0);
        ByteBuffer whole = ByteBuffer.allocate(jpeg.length + 4 + exif.capacity());
        whole.put(jpeg, 0, 2).put((byte) 0xFF).put((byte) 0xE1).putShort((short) (exif.capacity() + 2))
                .put(exif.array())
                .put(jpeg, 2, jpeg.length - 2);
        return whole.array();
    }

    @Test
    void imagesMayBeGreyOrHaveAnyChannels() {
        folder.grey("photos/a.png", 3, 2, 0, 255, 128);
        folder.grey16("photos/b.png", 3, 2, 65535);
        folder.text("list.csv", "name,n\na,1\nb,2\n");
        String data = START + "\"list\": \"list.csv\", \"fields\": {\"n\": {\"column\": \"n\", \"kind\": \"value\"}}}";
        DataSet grey = folder.open(data, 1, 2, 3);
        assertArrayEquals(new float[] {-2, 2, HALF}, first(grey, "image", 3), 1e-6f);
        assertEquals(2, DataFolder.read(grey, 1, false).get("image")[0], 1e-6);
        assertArrayEquals(new float[] {-2, -2, -2, 2}, first(folder.open(data, 3, 2, 3), "image", 4), 1e-6f);
        folder.npy("photos/a.npy", "2, 3, 2", 0, 1, 0.5f, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        folder.npy("photos/b.npy", "2, 3, 2", Float.NaN, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        DataSet two = folder.open(data.replace("{name}.png", "{name}.npy"), 2, 2, 3);
        assertArrayEquals(new float[] {-2, 2, 0, -2}, first(two, "image", 4), 1e-6f);
        assertRefused(() -> DataFolder.read(two, 1, false), "photos/b.npy", "row 0, column 0 holds NaN");
        assertRefused(() -> DataFolder.read(folder.open(data.replace("{name}.png", "{name}.npy"), 4, 2, 3), 0, false),
                "2 channels", "4 channels");
    }

    @Test
    void anExchangedFileOrCellIsSeen() {
        folder.text("list.csv", "name,n\na,1\nb,2\n");
        String data = START + "\"list\": \"list.csv\", \"fields\": {\"n\": {\"column\": \"n\", \"kind\": \"value\"}}}";
        var before = folder.open(data, 3, 2, 3).identity();
        assertEquals(before, folder.open(data, 3, 2, 3).identity());
        folder.text("list.csv", "name,n\na,1\nb,3\n");
        assertNotEquals(before, folder.open(data, 3, 2, 3).identity());
        folder.text("list.csv", "name,n\na,1\nb,2\n");
        folder.colours("photos/a.png", 3, 2, 1, 2, 3, 4, 5, 6, 7);
        assertNotEquals(before, folder.open(data, 3, 2, 3).identity());
    }

    @Test
    void aLimitTakesExamplesFromTheWholeList() {
        folder.text("list.csv", "name,n\na,1\nb,2\n");
        assertEquals(1, folder.open(START + "\"limit\": 1, \"list\": \"list.csv\", \"fields\": {\"n\": {\"column\":"
                + " \"n\", "
                + "\"kind\": \"value\"}}}", 3, 2, 3).size());
    }

    private DataSet parts(String keys) {
        return folder.open(START + "\"list\": \"train.txt\", \"fields\": {\"parts\": {\"file\": \"parts/{name}.png\", "
                + "\"kind\": \"classes\", " + keys + "}}}", 3, 2, 3);
    }

    private DataSet field(String name, String keys) {
        return field(name, keys, ".png");
    }

    private DataSet field(String name, String keys, String suffix) {
        return folder.open(START + "\"list\": \"train.txt\", \"fields\": {\"" + name + "\": {\"file\": \"" + name
                + "/{name}" + suffix + "\", " + keys + "}}}", 3, 2, 3);
    }

    private DataSet points(String keys) {
        return folder.open(START + "\"list\": \"train.txt\", \"fields\": {\"joints\": {\"kind\": \"points\", " + keys
                + "}}}", 3, 2, 3);
    }

    private static float[] first(DataSet data, String name, int count) {
        return java.util.Arrays.copyOf(DataFolder.read(data, 0, false).get(name), count);
    }

    private static void assertRefused(org.junit.jupiter.api.function.Executable action, String... parts) {
        String message = assertThrows(UserException.class, action).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), "'" + part + "' in: " + message);
        }
    }
}
