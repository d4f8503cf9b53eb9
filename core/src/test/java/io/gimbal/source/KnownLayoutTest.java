package io.gimbal.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.graph.Shape;
import io.gimbal.picture.JpegBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data sets of the field in the layouts in which people have them, of a few made-up files. */
class KnownLayoutTest {
    @TempDir
    private Path temporary;
    private DataFolder folder;

    @BeforeEach
    void begin() {
        folder = new DataFolder(temporary);
    }

    private DataSet open(String source, String more) {
        return folder.open("{\"source\": \"" + source + "\", \"path\": \"FOLDER\"" + more + "}", 3, 1, 4);
    }

    private DataSet validation(String source, String more) {
        Config data = Config.parse("{\"source\": \"" + source + "\", \"path\": \"" + temporary + "\"" + more + "}",
                "test.json");
        return Sources.validation(Config.parse("{}", "test.json"), data, 1, Shape.image(1, 3, 1, 4));
    }

    private static List<String> names(DataSet data) {
        return data.fields().stream().map(Field::name).toList();
    }

    private void refuses(String source, String more, String... parts) {
        String message = assertThrows(UserException.class, () -> open(source, more)).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void cityscapesHasNineteenClassesAndDisparity() {
        for (String name : List.of("ulm/ulm_000000_000019", "aachen/aachen_000001_000019")) {
            folder.colours("leftImg8bit/train/" + name + "_leftImg8bit.png", 4, 1, 9);
            folder.grey("gtFine/train/" + name + "_gtFine_labelIds.png", 4, 1, 7, 33, 0, 255);
            folder.grey16("disparity/train/" + name + "_disparity.png", 4, 1, 0, 1, 257, 65535);
        }
        folder.text("leftImg8bit/train/ulm/notes.txt", "none");
        DataSet data = open("cityscapes", "");
        assertEquals(2, data.size());
        assertEquals(List.of("segmentation", "disparity"), names(data));
        Map<String, float[]> read = DataFolder.read(data, 0, false);
        assertArrayEquals(new float[] {0, 18, 255, 255}, read.get("segmentation"));
        assertArrayEquals(new float[] {-1, 0, 1, 65534 / 256f}, read.get("disparity"));
        assertEquals("bicycle", data.field("segmentation").nameOf(18));
        refuses("cityscapes", ", \"split\": \"val\"", "leftImg8bit/val", "no such folder");
        assertThrows(UserException.class, () -> validation("cityscapes", ""));
    }

    @Test
    void everyClassOfCityscapesIsOneOfNineteenOrNone() {
        int[] classes = new int[34];
        for (int i = 0; i < classes.length; i++) {
            classes[i] = i;
        }
        folder.colours("leftImg8bit/train/a/x_leftImg8bit.png", 34, 1, 9);
        folder.grey("gtFine/train/a/x_gtFine_labelIds.png", 34, 1, classes);
        DataSet data = folder.open("{\"source\": \"cityscapes\", \"path\": \"FOLDER\"}", 3, 1, 34);
        assertEquals(List.of("segmentation"), names(data), "no folder of disparity");
        // As the data set's own labels.py has it (trainId).
        assertArrayEquals(new float[] {255, 255, 255, 255, 255, 255, 255, 0, 1, 255, 255, 2, 3, 4, 255, 255, 255, 5,
            255, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255, 255, 16, 17, 18}, DataFolder.read(data, 0, false)
                .get("segmentation"));
    }

    @Test
    void taskonomyHasDepthAndNormalsWhoseAxesAreSaid() {
        for (String name : List.of("allensville/point_0_view_0", "beechwood/point_3_view_1")) {
            folder.colours("rgb/" + name + "_domain_rgb.png", 4, 1, 9);
            folder.grey16("depth_zbuffer/" + name + "_domain_depth_zbuffer.png", 4, 1, 512, 256, 65535, 0);
            folder.colours("normal/" + name + "_domain_normal.png", 4, 1, 255, 128, 128);
        }
        folder.text("held.txt", "beechwood\n");
        DataSet data = open("taskonomy", "");
        assertEquals(2, data.size());
        assertEquals(List.of("depth"), names(data));
        assertArrayEquals(new float[] {1, 0.5f, 0, 0}, DataFolder.read(data, 0, false).get("depth"));
        DataSet turned = open("taskonomy", ", \"axes\": [\"-x\", \"y\", \"z\"], \"list\": \"held.txt\"");
        assertEquals(1, turned.size());
        // Kept in bytes: half a step of 1 / 127.
        assertEquals(-1, DataFolder.read(turned, 0, false).get("normals")[0], 0.005);
        refuses("taskonomy", ", \"axes\": [\"x\", \"y\\\"\", \"z\"]", "axes");
        folder.text("held.txt", "nowhere\n");
        refuses("taskonomy", ", \"list\": \"held.txt\"", "the building 'nowhere'");
        assertTrue(assertThrows(UserException.class, () -> validation("taskonomy", "")).getMessage().contains("list"));
    }

    @Test
    void pascalContextHasSegmentationFromEitherFolderAndSaliency() throws IOException {
        folder.text("ImageSets/Context/train.txt", "2008_000001\n2008_000002\n");
        for (String name : List.of("2008_000001", "2008_000002")) {
            folder.colours("JPEGImages/" + name + ".jpg", 4, 1, 9);
            folder.grey("sal_distill/" + name + ".png", 4, 1, 0, 127, 128, 255);
        }
        folder.grey("semseg/VOC12/2008_000001.png", 4, 1, 0, 20, 255, 1);
        folder.grey("semseg/pascal-context/2008_000001.png", 4, 1, 3);
        folder.grey("semseg/pascal-context/2008_000002.png", 4, 1, 15);
        DataSet data = open("pascal_context", "");
        assertArrayEquals(new float[] {0, 20, 255, 1}, DataFolder.read(data, 0, false).get("segmentation"));
        assertArrayEquals(new float[] {15, 15, 15, 15}, DataFolder.read(data, 1, false).get("segmentation"));
        assertArrayEquals(new float[] {0, 0, 1, 1}, DataFolder.read(data, 0, false).get("saliency"));
        Files.delete(temporary.resolve("sal_distill/2008_000002.png"));
        refuses("pascal_context", "", "sal_distill/2008_000002.png", "missing");
        assertEquals(2, open("pascal_context", ", \"missing_files\": \"absent\"").size());
    }

    @Test
    void aPhotoThatIsShownTurnedIsReadAsTheConfigurationSays() throws IOException {
        folder.text("ImageSets/Context/train.txt", "a\n");
        Path photo = folder.colours("JPEGImages/a.jpg", 4, 2, 9);
        byte[] turned = JpegBytes.join(JpegBytes.ascii("Exif\0\0"), JpegBytes.orientation(3, true));
        Files.write(photo, JpegBytes.with(Files.readAllBytes(photo), JpegBytes.EXIF, turned));
        folder.grey("semseg/VOC12/a.png", 4, 2, 0, 1, 2, 3, 4, 5, 6, 7);
        String message = assertThrows(UserException.class, () -> DataFolder.read(open("pascal_context", ""), 0, false))
                .getMessage();
        assertTrue(message.contains("a.jpg") && message.contains("orientation"), message);
        DataSet data = folder.open("{\"source\": \"pascal_context\", \"path\": \"FOLDER\", \"orientation\": "
                + "\"alike\"}", 3, 2, 4);
        assertArrayEquals(new float[] {7, 6, 5, 4, 3, 2, 1, 0}, DataFolder.read(data, 0, false).get("segmentation"));
    }

    @Test
    void aFolderWithoutLabelsIsRefused() {
        folder.colours("rgb/a/p_domain_rgb.png", 4, 1, 9);
        refuses("taskonomy", "", "has no labels", "depth_zbuffer");
        refuses("coco_keypoints", ", \"annotations\": \"none.json\", \"images\": \"val\"", "none.json");
    }

    @Test
    void cocosImagesWithKnownPointsAreTheExamples() {
        folder.text("annotations/points.json", """
                {"images": [{"id": 7, "file_name": "b.png"}, {"id": 3, "file_name": "a.png"},
                            {"id": 5, "file_name": "empty.png"}],
                 "annotations": [{"image_id": 3, "keypoints": [1, 0, 2, 0, 0, 0]},
                                 {"image_id": 7, "keypoints": [0, 0, 0, 3, 0, 1]},
                                 {"image_id": 5, "keypoints": [0, 0, 0, 0, 0, 0]}],
                 "categories": [{"keypoints": ["left_eye", "right_eye"]}]}""");
        folder.colours("val/a.png", 4, 1, 9);
        folder.colours("val/b.png", 4, 1, 9);
        DataSet data = open("coco_keypoints", ", \"annotations\": \"annotations/points.json\", \"images\": \"val\", "
                + "\"points\": 2, \"sigma\": 0.1");
        assertEquals(2, data.size(), "empty.png has none, and need not be there");
        // Two channels a pixel; a bell of 0.1 pixels is 1 at its point and 0 elsewhere.
        assertArrayEquals(new float[] {0, 0, 0, 0, 0, 0, 0, 1}, DataFolder.read(data, 0, false).get("joints"), 1e-6f);
        assertArrayEquals(new float[] {0, 0, 1, 0, 0, 0, 0, 0}, DataFolder.read(data, 1, false).get("joints"), 1e-6f);
        assertArrayEquals(new float[] {0, 0, 0, 0, 0, 1, 0, 0}, DataFolder.read(data, 1, true).get("joints"), 1e-6f,
                "in a mirror the left eye is the right one");
    }
}
