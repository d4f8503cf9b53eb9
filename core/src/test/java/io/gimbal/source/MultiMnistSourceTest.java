package io.gimbal.source;

import static io.gimbal.source.DigitFolder.IMAGES;
import static io.gimbal.source.DigitFolder.LABELS;
import static io.gimbal.source.DigitFolder.gzip;
import static io.gimbal.source.DigitFolder.idx;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.graph.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MultiMnistSourceTest {
    private static final String DATA = "{\"source\": \"multimnist\", \"path\": \"FOLDER\", \"normalize\": {\"mean\": "
            + "[0], \"std\": [1]}}";

    @TempDir
    private Path temporary;
    private DataFolder folder;

    @BeforeEach
    void writeTenDigits() {
        folder = new DataFolder(DigitFolder.write(temporary, 10));
    }

    @Test
    void twoDigitsOverlapAndTheBrighterPixelIsSeen() {
        DataSet data = folder.open(DATA, 1, 36, 36);
        assertEquals(10, data.size());
        Set<Float> rights = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            float[] image = DataFolder.read(data, i, false).get("image");
            float left = DataFolder.read(data, i, false).get("left")[0];
            float right = DataFolder.read(data, i, false).get("right")[0];
            rights.add(right);
            assertEquals(i, left);
            assertEquals((20 * left + 1) / 255, image[0], 1e-6f, "top left: the left digit alone");
            assertEquals((20 * right + 1) / 255, image[36 * 36 - 1], 1e-6f, "bottom right: the right digit alone");
            assertEquals((20 * Math.max(left, right) + 1) / 255, image[18 * 36 + 18], 1e-6f, "the middle: both");
            assertEquals(0, image[35], "top right: neither");
        }
        assertTrue(rights.size() > 3, rights.toString());
    }

    @Test
    void theSeedTellsWhichDigitsMeetButNotOfThoseToValidateOn() {
        Config config = Config.parse(DATA.replace("FOLDER", temporary.toString()), "test.json");
        Shape input = Shape.image(1, 1, 36, 36);
        DataSet one = Sources.training(config, 1, input);
        assertEquals(one.identity(), Sources.training(config, 1, input).identity());
        assertNotEquals(one.identity(), Sources.training(config, 2, input).identity());
        assertNotEquals(rights(one), rights(Sources.training(config, 2, input)));
        Config none = Config.parse("{}", "test.json");
        assertEquals(Sources.validation(none, config, 1, input).identity(), Sources.validation(none, config, 2, input)
                .identity());
    }

    private static String rights(DataSet data) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < data.size(); i++) {
            all.append((int) DataFolder.read(data, i, false).get("right")[0]);
        }
        return all.toString();
    }

    @Test
    void aLimitTakesDigitsOfTheWholeFile() {
        DataSet data = folder.open(DATA.replace("{\"source\"", "{\"limit\": 2, \"source\""), 1, 28, 28);
        assertEquals(2, data.size());
        assertArrayEquals(new float[] {2}, DataFolder.read(data, 0, false).get("left"));
        assertArrayEquals(new float[] {7}, DataFolder.read(data, 1, false).get("left"));
    }

    @Test
    void damagedAndStrangeFilesAreNamed() throws IOException {
        byte[] labels = idx(LABELS, new byte[10], 10);
        assertRefused("train-labels-idx1-ubyte", idx(IMAGES, new byte[10], 10), "begins with 00000803", "00000801");
        assertRefused("train-labels-idx1-ubyte", idx(LABELS, new byte[10], 11), "only 10 values", "says 11");
        assertRefused("train-labels-idx1-ubyte", idx(LABELS, new byte[10], 9), "more values");
        assertRefused("train-labels-idx1-ubyte", idx(LABELS, new byte[9], 9), "has 9 labels", "10 images");
        assertRefused("train-labels-idx1-ubyte", idx(LABELS, new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 10}, 10),
                "label 9 is 10");
        assertRefused("train-labels-idx1-ubyte", idx(LABELS, new byte[0], Integer.MAX_VALUE), "2147483647", "2^28");
        assertRefused("train-labels-idx1-ubyte", new byte[3], "cut off");
        folder.bytes("train-labels-idx1-ubyte", labels);
        assertRefused("train-images-idx3-ubyte.gz", new byte[100], "cut off or damaged");
        assertRefused("train-images-idx3-ubyte.gz", gzip(idx(IMAGES, new byte[10 * 27 * 28], 10, 27, 28)), "28 x 27");
    }

    @Test
    void openDigitsStayAsTheyWereRead() {
        DataSet data = folder.open(DATA, 1, 36, 36);
        float[] before = DataFolder.read(data, 3, false).get("image");
        folder.bytes("train-images-idx3-ubyte.gz", new byte[0]);
        assertTrue(temporary.resolve("train-labels-idx1-ubyte").toFile().delete());
        assertArrayEquals(before, DataFolder.read(data, 3, false).get("image"));
        assertArrayEquals(new float[] {3}, DataFolder.read(data, 3, false).get("left"));
    }

    private void assertRefused(String file, byte[] bytes, String... parts) {
        folder.bytes(file, bytes);
        refuses(DATA, 1, file, parts);
    }

    private void refuses(String data, int channels, String file, String... parts) {
        String message = assertThrows(UserException.class, () -> folder.open(data, channels, 36, 36)).getMessage();
        assertTrue(message.contains(file), message);
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void mistakesInTheConfigurationAreNamed() {
        String start = "{\"source\": \"multimnist\", \"path\": \"FOLDER\"";
        refuses(start + "}", 3, "1 channel");
        refuses(start + ", \"flip\": true}", 1, "flip");
        refuses(start + ", \"split\": \"val\"}", 1, "split");
        refuses("{\"source\": \"multimnist\", \"path\": \"FOLDER/none\"}", 1, "no such folder");
        assertTrue(temporary.resolve("t10k-labels-idx1-ubyte.gz").toFile().delete());
        refuses(start + ", \"split\": \"test\"}", 1, "t10k-labels-idx1-ubyte.gz", "missing");
    }
}
