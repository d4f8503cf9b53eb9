package io.gimbal.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.Faults;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.graph.Shape;
import io.gimbal.picture.JpegBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Fields of the kind "coordinates" of a folder's examples. */
class CoordinateFieldsTest {
    private static final String NAMES = "\"names\": [\"left_eye\", \"right_eye\"]";
    private static final float[] UNLABELLED = {-1, -1, -1, -1};

    @TempDir
    private Path temporary;
    private DataFolder folder;

    @BeforeEach
    void writeTwoPhotos() {
        folder = new DataFolder(temporary);
        folder.text("train.txt", "a\nb\n");
        folder.colours("photos/a.png", 3, 2, 128, 0, 255);
        folder.colours("photos/b.png", 3, 2, 10);
        folder.text("points.csv", "image,lx,ly,rx,ry\na,0,1,2,0\nb,,,1,1\n");
    }

    private String data(String keys) {
        return "{\"source\": \"folder\", \"path\": \"" + temporary + "\", \"image\": \"photos/{name}.png\", "
                + "\"list\": \"train.txt\", \"fields\": {\"eyes\": {\"kind\": \"coordinates\", \"count\": 2, " + keys
                + "}}}";
    }

    private DataSet open(String keys) {
        return folder.open(data(keys), 3, 2, 3);
    }

    private static float[] eyes(DataSet data, int index, boolean flip) {
        return DataFolder.read(data, index, flip).get("eyes");
    }

    private static void refuses(Executable action, String... parts) {
        String message = assertThrows(UserException.class, action).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), "'" + part + "' in: " + message);
        }
    }

    @Test
    void coordinatesArePartsOfWidthAndHeightAndChangePlacesInAMirror() {
        DataSet data = open("\"file\": \"points.csv\", " + NAMES + ", \"between\": [\"left_eye\", 1]");
        assertEquals(Field.ofCoordinates("eyes", 2, -1).named(List.of("left_eye", "right_eye")).measuredBetween(0, 1),
                data.field("eyes"));
        assertArrayEquals(new float[] {0.5f / 3, 0.75f, 2.5f / 3, 0.25f}, eyes(data, 0, false), 1e-6f);
        assertArrayEquals(new float[] {0.5f / 3, 0.25f, 2.5f / 3, 0.75f}, eyes(data, 0, true), 1e-6f);
        assertArrayEquals(UNLABELLED, eyes(data, 1, false), "one of two is not known");
        DataSet pairs = open("\"file\": \"points.csv\", \"mirror\": [], \"ignore\": 7");
        assertArrayEquals(new float[] {2.5f / 3, 0.75f, 0.5f / 3, 0.25f}, eyes(pairs, 0, true), 1e-6f);
        assertEquals(7, eyes(pairs, 1, false)[3]);
    }

    @Test
    void aFileInTheFormOfCocoServesWhereAnImageHasOneAnnotation() {
        String json = """
                {"images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png"}],
                 "annotations": [{"image_id": 7, "keypoints": [0, 1, 2, 2, 0, 1]}%s],
                 "categories": [{"name": "face", "keypoints": ["left_eye", "right_eye"]}]}
                """;
        folder.text("points.json", json.formatted(""));
        DataSet data = open("\"file\": \"points.json\"");
        assertArrayEquals(new float[] {0.5f / 3, 0.75f, 2.5f / 3, 0.25f}, eyes(data, 0, false), 1e-6f);
        assertArrayEquals(UNLABELLED, eyes(data, 1, false));
        folder.text("points.json", json.formatted(", {\"image_id\": 7, \"keypoints\": [1, 1, 0, 1, 1, 2]}"));
        refuses(() -> open("\"file\": \"points.json\""), "points.json: 'a", "point 1 at several places", "kind points");
        Faults faults = Faults.kept();
        Sources.training(Config.parse(data("\"file\": \"points.json\""), "test.json"), 1, Shape.image(1, 3, 2, 3),
                Optional.empty(), faults);
        assertTrue(faults.messages().getFirst().contains("at several places"), faults.messages()::toString);
    }

    @Test
    void aPhotoThatIsTurnedTakesItsCoordinatesAlong() throws IOException {
        folder.text("train.txt", "t\n");
        Path photo = folder.colours("photos/t.jpg", 3, 2, 9);
        Files.write(photo, JpegBytes.with(Files.readAllBytes(photo), JpegBytes.EXIF, JpegBytes.join(JpegBytes.ascii(
                "Exif\0\0"), JpegBytes.orientation(6, true))));
        folder.text("points.csv", "image,lx,ly,rx,ry\nt,0,0,2,1\n");
        DataSet data = folder.open(data("\"file\": \"points.csv\", \"mirror\": []").replace(".png", ".jpg").replace(
                "\"list\"", "\"orientation\": \"alike\", \"list\""), 3, 3, 2);
        // A quarter clockwise: the top left corner becomes the top right one.
        assertArrayEquals(new float[] {0.75f, 0.5f / 3, 0.25f, 2.5f / 3}, eyes(data, 0, false), 1e-6f);
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        String csv = "\"file\": \"points.csv\", " + NAMES;
        refuses(() -> open(csv + ", \"ignore\": 0.5"), "fields.eyes.ignore", "is 0.5", "a place in the image", "-1");
        refuses(() -> open(csv + ", \"between\": [0]"), "fields.eyes.between", "has 1 points");
        refuses(() -> open(csv + ", \"between\": [1, \"right_eye\"]"), "fields.eyes.between", "one point twice");
        refuses(() -> open(csv + ", \"between\": [0, 2]"), "between", "2");
        refuses(() -> open(csv + ", \"between\": [0, \"nose\"]"), "between", "is no point's name");
        refuses(() -> open(csv + ", \"sigma\": 2"), "sigma");
        refuses(() -> open("\"file\": \"points.csv\""), "fields.eyes", "mirror", "data.flip");
        refuses(() -> open("\"file\": \"none.csv\", " + NAMES), "none.csv");
        folder.text("points.csv", "image,lx,ly,rx,ry\na,9,1,9,0\n");
        refuses(() -> eyes(open(csv), 0, false), "points.csv", "none of the points of 'a'");
        folder.text("points.csv", "image,lx,ly,rx,ry\nz,0,1,2,0\n");
        refuses(() -> open(csv), "train.txt: none of its names has points in the field eyes", "such as z");
    }

    @Test
    void otherPointsAreOtherData() {
        String csv = "\"file\": \"points.csv\", " + NAMES;
        Object before = open(csv).identity();
        assertEquals(before, open(csv).identity());
        folder.text("points.csv", "image,lx,ly,rx,ry\na,0,1,2,1\nb,,,1,1\n");
        assertNotEquals(before, open(csv).identity());
    }
}
