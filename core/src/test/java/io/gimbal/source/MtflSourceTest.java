package io.gimbal.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.Faults;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.graph.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Faces in the form of the Multi-Task Facial Landmark data set, of made-up files. */
class MtflSourceTest {
    /** Columns of the five points, and then their rows, in a photo of 8 x 4. */
    private static final String PLACES = "1.5 5.5 3.500000 2 5 0.5 1 1.5 3 3.25";

    @TempDir
    private Path temporary;
    private DataFolder folder;

    @BeforeEach
    void writeFaces() {
        folder = new DataFolder(temporary);
        folder.colours("lfw_5590/A B.jpg".replace(' ', '_'), 8, 4, 9);
        folder.colours("AFLW/1.jpg", 8, 4, 9);
        folder.colours("2.jpg", 8, 4, 9);
        folder.text("training.txt", " lfw_5590\\A_B.jpg " + PLACES + " 1 2 2 1\r\n  AFLW/1.jpg  " + PLACES
                + " 2 1 1 4 \n\n \n");
        folder.text("testing.txt", "2.jpg " + PLACES + " 2 2 2 3");
    }

    private DataSet open(String more) {
        return folder.open("{\"source\": \"mtfl\", \"path\": \"FOLDER\"" + more + "}", 3, 4, 8);
    }

    @Test
    void aLineIsAFace() {
        DataSet data = open("");
        assertEquals(2, data.size());
        assertEquals(List.of("landmarks", "gender", "smile", "glasses", "pose"), data.fields().stream().map(Field::name)
                .toList());
        assertEquals("AFLW/1.jpg", data.name(1));
        assertEquals(List.of(0, 1), data.field("landmarks").between());
        assertEquals("female", data.field("gender").nameOf(1));
        assertEquals("glasses", data.field("glasses").nameOf(0));
        assertEquals("right profile", data.field("pose").nameOf(4));
        Map<String, float[]> first = DataFolder.read(data, 0, false);
        assertArrayEquals(new float[] {2 / 8f, 1 / 4f, 6 / 8f, 1.5f / 4, 4 / 8f, 2 / 4f, 2.5f / 8, 3.5f / 4, 5.5f / 8,
            3.75f / 4}, first.get("landmarks"), 1e-6f);
        assertEquals(List.of(0f, 1f, 1f, 0f), classes(first));
        assertEquals(List.of(1f, 0f, 0f, 3f), classes(DataFolder.read(data, 1, false)));
    }

    private static List<Float> classes(Map<String, float[]> face) {
        return List.of(face.get("gender")[0], face.get("smile")[0], face.get("glasses")[0], face.get("pose")[0]);
    }

    @Test
    void aMirrorExchangesLeftAndRightInPointsAndPose() {
        Map<String, float[]> mirrored = DataFolder.read(open(""), 0, true);
        assertArrayEquals(new float[] {2 / 8f, 1.5f / 4, 6 / 8f, 1 / 4f, 4 / 8f, 2 / 4f, 2.5f / 8, 3.75f / 4, 5.5f / 8,
            3.5f / 4}, mirrored.get("landmarks"), 1e-6f);
        assertEquals(List.of(0f, 1f, 1f, 4f), classes(mirrored));
        assertEquals(1, DataFolder.read(open(""), 1, true).get("pose")[0]);
    }

    @Test
    void testingIsWhatIsValidatedOn() {
        assertEquals("2.jpg", open(", \"split\": \"test\"").name(0));
        DataSet validation = Sources.validation(Config.parse("{}", "test.json"), Config.parse(
                "{\"source\": \"mtfl\", \"path\": \"" + temporary + "\"}", "test.json"), 1, Shape.image(1, 3, 4, 8));
        assertEquals("2.jpg", validation.name(0));
        assertEquals(1, open(", \"limit\": 1").size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            2.jpg PLACES 1 1 1        | has 14 parts between blanks, but a face has 15
            2.jpg PLACES 1 1 1 1 1    | has 16 parts between blanks, but a face has 15
            2.jpg                     | has 1 parts between blanks, but a face has 15
            2.jpg PLACES 0 1 1 1      | gender: is '0', but must be one of 1 (male), 2 (female)
            2.jpg PLACES 3 1 1 1      | gender: is '3'
            2.jpg PLACES 1 1.0 1 1    | smile: is '1.0', but must be one of 1 (smiling), 2 (not smiling)
            2.jpg PLACES 1 1 -1 1     | glasses: is '-1', but must be one of 1 (glasses), 2 (no glasses)
            2.jpg PLACES 1 1 1 6      | pose: is '6', but must be one of 1 (left profile), 2 (left), 3 (frontal)
            2.jpg PLACES 1 1 1 ١      | pose: is
            ../2.jpg PLACES 1 1 1 1   | '../2.jpg' is no name of a picture
            /2.jpg PLACES 1 1 1 1     | '/2.jpg' is no name of a picture
            ..\\2.jpg PLACES 1 1 1 1  | is no name of a picture
            AFLW\\1.jpg PLACES 1 1 1 1 | 'AFLW/1.jpg' stands in line 2 already
            2.jpg x 5 3 2 5 1 1 1 3 3 1 1 1 1   | column of the left eye: 'x' is no number of float32; such as 0.5
            2.jpg 1 NaN 3 2 5 1 1 1 3 3 1 1 1 1 | column of the right eye: 'NaN' is no number
            2.jpg 1 5 3 2 5 1 1 1 3 1e99 1 1 1 1 | row of the right mouth corner: '1e99' is no number
            2.jpg 1 5 3 2 5 1 1 , 3 1 1 1 1 1 | row of the nose: ',' is no number
            """)
    void aLineThatIsNoneIsToldWithItsPlace(String line, String told) {
        folder.text("training.txt", folderText() + line.replace("PLACES", PLACES) + "\n");
        String message = assertThrows(UserException.class, () -> open("")).getMessage();
        assertTrue(message.startsWith(temporary.resolve("training.txt") + ", line 5"), message);
        assertTrue(message.contains(told), message);
        Faults faults = Faults.kept();
        assertEquals(line.contains("AFLW") ? 3 : 2, Sources.training(Config.parse("{\"source\": \"mtfl\", \"path\": \""
                + temporary + "\"}", "test.json"), 1, Shape.image(1, 3, 4, 8), Optional.empty(), faults).size());
        assertEquals(List.of(message), faults.messages());
    }

    private String folderText() {
        try {
            return Files.readString(temporary.resolve("training.txt"));
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatIsMissingIsToldByName() {
        folder.text("training.txt", "\n \n");
        refuses("training.txt: this list is empty", "the image's path, 5 columns, 5 rows");
        folder.text("training.txt", "net_7876\\none.jpg " + PLACES + " 1 1 1 1\n");
        refuses("net_7876/none.jpg: this file is missing", "training.txt, line 1");
        folder.text("training.txt", "2.jpg 20 20 20 20 20 20 20 20 20 20 1 1 1 1\n");
        String message = assertThrows(UserException.class, () -> DataFolder.read(open(""), 0, false)).getMessage();
        assertTrue(message.contains("training.txt: none of the points of '2.jpg' lies in its image of 8 x 4"), message);
        folder.text("training.txt", "2.jpg 20 2 2 2 2 1 1 1 1 1 1 1 1 1\n");
        assertEquals(-1, DataFolder.read(open(""), 0, false).get("landmarks")[0], "one outside leaves none");
        assertTrue(assertThrows(UserException.class, () -> open(", \"split\": \"val\"")).getMessage().contains(
                "split"));
        assertTrue(temporary.resolve("training.txt").toFile().delete());
        refuses("training.txt");
    }

    private void refuses(String... parts) {
        String message = assertThrows(UserException.class, () -> open("")).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }
}
