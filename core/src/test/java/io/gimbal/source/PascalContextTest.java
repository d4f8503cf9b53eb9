package io.gimbal.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The five tasks of PASCAL-Context, in MATLAB files that scipy wrote (make.py beside them); what edges and parts are
 * said to be here, scikit-image and opencv said there.
 */
class PascalContextTest {
    private static final int HEIGHT = PascalFolder.HEIGHT;
    private static final int WIDTH = PascalFolder.WIDTH;
    private static final String EDGES = """
            010000000000
            100011100110
            000100011000
            001000001000
            001000000100
            111000011000
            000100100000
            000011000000
            000001000000
            """;
    private static final String PARTS = """
            000000000000
            000011000000
            000011000000
            003322220000
            004322220000
            000222520000
            000000500000
            000000660000
            000000000000
            """;

    @TempDir
    private Path temporary;
    private DataFolder folder;

    @BeforeEach
    void twoImages() throws IOException {
        folder = new DataFolder(PascalFolder.write(temporary, 2, 0));
    }

    private DataSet open(String more) {
        return folder.open("{\"source\": \"pascal_context\", \"path\": \"FOLDER\"" + more + "}", 3, HEIGHT, WIDTH);
    }

    private static float[] digits(String rows) {
        float[] digits = new float[HEIGHT * WIDTH];
        String all = rows.replace("\n", "");
        for (int i = 0; i < digits.length; i++) {
            digits[i] = all.charAt(i) - '0';
        }
        return digits;
    }

    @Test
    void theFiveTasksOfTheSurveyAreRead() {
        DataSet data = open("");
        assertEquals(List.of("segmentation", "human_parts", "normals", "saliency", "edges"),
                data.fields().stream().map(Field::name).toList());
        assertEquals("lower arm", data.field("human_parts").nameOf(4));
        Map<String, float[]> read = DataFolder.read(data, 0, false);
        assertArrayEquals(digits(EDGES), read.get("edges"));
        assertArrayEquals(digits(PARTS), read.get("human_parts"));
        assertEquals(1, read.get("saliency")[0]);
        assertEquals(15, read.get("segmentation")[0]);
    }

    @Test
    void anImageWithoutPartsOfAPersonHasNoLabelOfThem() {
        float[] parts = DataFolder.read(open(""), 1, false).get("human_parts");
        float[] none = new float[parts.length];
        Arrays.fill(none, 255);
        assertArrayEquals(none, parts);
    }

    @Test
    void normalsAreKnownWhereNyuHasTheClassToo() {
        float[] normals = DataFolder.read(open(""), 0, false).get("normals");
        // Kept in bytes: half a step of 1 / 127.
        assertArrayEquals(new float[] {1, 0, 0}, pixel(normals, 2, 0), 0.005f, "a wall, 440");
        assertArrayEquals(new float[] {1, 0, 0}, pixel(normals, 8, 0), 0.005f, "the floor, 158");
        assertArrayEquals(new float[3], pixel(normals, 0, 5), "an aeroplane, 2");
        assertArrayEquals(new float[3], pixel(normals, 1, 9), "the sky, 360");
        assertArrayEquals(new float[] {-1, 0, 0}, pixel(DataFolder.read(open(""), 0, true).get("normals"), 4, 0),
                0.005f, "the first channel is across");
        float[] turned = DataFolder.read(open(", \"axes\": [\"-z\", \"x\", \"y\"]"), 0, false).get("normals");
        assertArrayEquals(new float[] {0, 0, -1}, pixel(turned, 2, 0), 0.005f);
    }

    private static float[] pixel(float[] vectors, int row, int column) {
        int first = 3 * (row * WIDTH + column);
        return Arrays.copyOfRange(vectors, first, first + 3);
    }

    @Test
    void anUnknownPartIsRefusedByFileAndPlace() throws IOException {
        PascalFolder.copy(folder, "otherpart.mat", "human_parts/2008_000001.mat");
        String message = assertThrows(UserException.class, () -> DataFolder.read(open(""), 0, false)).getMessage();
        assertTrue(message.contains("human_parts/2008_000001.mat: anno(1).objects(1).parts(1).part_name is 'wing'"),
                message);
    }

    @Test
    void aFileOfAnotherSizeOrKindIsRefused() throws IOException {
        Files.move(folder.grey("other.png", WIDTH + 1, HEIGHT, 3),
                temporary.resolve("pascal-context/trainval/2008_000001.mat"), StandardCopyOption.REPLACE_EXISTING);
        String message = assertThrows(UserException.class, () -> DataFolder.read(open(""), 0, false)).getMessage();
        assertTrue(message.contains("trainval/2008_000001.mat") && message.contains("13 x 9"), message);
        PascalFolder.copy(folder, "labelmap.mat", "human_parts/2008_000001.mat");
        message = assertThrows(UserException.class, () -> DataFolder.read(open(""), 0, false)).getMessage();
        assertTrue(message.contains("holds LabelMap, and not 'anno'"), message);
    }

    @Test
    void withoutTheMaskNormalsAreNotKnownAndAMissingOneIsTold() throws IOException {
        Files.delete(temporary.resolve("pascal-context/trainval/2008_000001.mat"));
        assertTrue(assertThrows(UserException.class, () -> open("")).getMessage()
                .contains("trainval/2008_000001.mat: this file is missing"));
        float[] normals = DataFolder.read(open(", \"missing_files\": \"absent\""), 0, false).get("normals");
        assertArrayEquals(new float[normals.length], normals, "unmasked they would be others");
        Files.delete(temporary.resolve("pascal-context/trainval/2008_000002.mat"));
        Files.delete(temporary.resolve("pascal-context/trainval"));
        assertEquals(List.of("segmentation", "human_parts", "saliency"),
                open("").fields().stream().map(Field::name).toList());
    }

    @Test
    void annotationsBesideAPhotoAreNotTakenForIt() throws IOException {
        PascalFolder.copy(folder, "parts.mat", "JPEGImages/2008_000001.mat");
        DataSet data = folder.open("""
                {"source": "folder", "path": "FOLDER", "list": "ImageSets/Context/train.txt",
                 "image": "JPEGImages/{name}.*", "fields": {
                   "edges": {"kind": "edges", "file": "semseg/VOC12/{name}.*"}}}""", 3, HEIGHT, WIDTH);
        assertArrayEquals(new float[HEIGHT * WIDTH], DataFolder.read(data, 0, false).get("edges"));
    }

    @Test
    void anyFolderMayHaveEdgesPartsAndMasks() {
        DataSet data = folder.open("""
                {"source": "folder", "path": "FOLDER", "list": "ImageSets/Context/train.txt",
                 "image": "JPEGImages/{name}.jpg", "fields": {
                   "edges": {"kind": "edges", "file": "pascal-context/trainval/{name}.mat"},
                   "classes": {"kind": "classes", "classes": 460, "ignore": -1, "array": "LabelMap",
                               "file": "pascal-context/trainval/{name}.mat"},
                   "cats": {"kind": "parts", "file": "human_parts/{name}.mat", "object": 8, "classes": 3,
                            "parts": {"head": 1, "tail": 2}},
                   "normals": {"kind": "vectors", "file": "normals_distill/{name}.png",
                               "mask": {"file": "semseg/VOC12/{name}.png"}}}}""", 3, HEIGHT, WIDTH);
        Map<String, float[]> read = DataFolder.read(data, 1, false);
        assertArrayEquals(digits(EDGES), read.get("edges"));
        assertEquals(441, read.get("classes")[0]);
        assertEquals(1, read.get("cats")[0]);
        assertEquals(2, read.get("cats")[WIDTH + 1]);
        assertEquals(1, read.get("normals")[0], 0.005, "the mask has 15 everywhere, which is not 0");
    }
}
