package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class FieldTest {

    @Test
    void partsThatDoNotFitAreRefused() {
        assertThrows(UserException.class, () -> Field.ofValues("", 1, 0));
        assertThrows(UserException.class, () -> Field.ofValues("depth", 0, 0));
        assertThrows(UserException.class, () -> Field.ofValues("depth", 1 << 30, 0));
        assertThrows(UserException.class, () -> Field.ofClasses("class", 0, 255));
        assertThrows(UserException.class, () -> new Field("class", 2, Field.Kind.CLASSES, 3, 255));
        assertThrows(UserException.class, () -> new Field("class", 1, Field.Kind.CLASSES, 3, 0.5f));
        assertThrows(UserException.class, () -> new Field("depth", 1, Field.Kind.VALUES, 3, 0));
    }

    @Test
    void unlabelledPixelsHoldTheIgnoredValueInTheFieldsOwnType() {
        ByteBuffer buffer = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
        Field.ofClasses("class", 3, 255).fillUnlabelled(buffer);
        assertEquals(255, buffer.getInt(20));
        Field.ofValues("normals", 3, -2).fillUnlabelled(buffer);
        assertEquals(-2f, buffer.getFloat(20));
        assertEquals(12, Field.ofValues("normals", 3, -2).bytesPerPlace());
    }

    @Test
    void whatTurnsWithTheImageHasItsChannels() {
        assertEquals("field 'n': channels is 2, but VECTORS needs 3.", refusal(() ->
                new Field("n", 2, Field.Kind.VECTORS, 0, 0)));
        assertEquals("field 'd': channels is 3, but DEPTH needs 1.", refusal(() ->
                new Field("d", 3, Field.Kind.DEPTH, 0, 0)));
        assertEquals("field 'p': a whole image has CLASSES or VALUES, not POINTS.", refusal(() ->
                Field.ofPoints("p", 3, -1).ofTheWholeImage()));
        assertEquals("field 'e': channels is 2, but EDGES needs 1.", refusal(() ->
                new Field("e", 2, Field.Kind.EDGES, 0, 0)));
        assertEquals("field 'e': a whole image has CLASSES or VALUES, not EDGES.", refusal(() ->
                Field.ofEdges("e", -1).ofTheWholeImage()));
    }

    @Test
    void namesAreAsManyAsClassesOrChannels() {
        Field parts = Field.ofClasses("parts", 2, 255).named(List.of("head", "hand"));
        assertEquals("hand", parts.nameOf(1));
        assertEquals("7", parts.nameOf(7));
        assertEquals("field 'parts': there are 1 names for 2 classes.", refusal(() -> parts.named(List.of("head"))));
        assertEquals("field 'tags': there are 3 names for 2 channels.", refusal(() -> Field.ofValues("tags", 2, -1)
                .named(List.of("a", "b", "c"))));
    }

    @Test
    void plainValuesOfTheUsualNamesAreDepthAndVectors() {
        assertTrue(Field.ofValues("depth", 1, 0).isDepth());
        assertTrue(Field.ofValues("normals", 3, 0).isVectors());
        assertFalse(Field.ofValues("depth", 2, 0).isDepth());
        assertFalse(Field.ofValues("age", 1, -1).isDepth());
        assertFalse(Field.ofValues("depth", 1, 0).ofTheWholeImage().isDepth());
        assertFalse(Field.ofEdges("depth", 0).isDepth());
    }

    @Test
    void aFieldOfTheWholeImageHasOnePlace() {
        Field age = Field.ofValues("age", 1, -1).ofTheWholeImage();
        assertEquals(1, age.places(480, 640));
        assertEquals(480L * 640, Field.ofValues("edges", 1, -1).places(480, 640));
        assertEquals(7, Field.ofClasses("breed", 7, 255).ofTheWholeImage().predicted());
    }

    @Test
    void coordinatesHaveTwoChannelsAPointAndNamesOfPoints() {
        Field face = Field.ofCoordinates("face", 3, -1).named(List.of("left eye", "right eye", "nose"));
        assertEquals(6, face.channels());
        assertEquals(3, face.parts());
        assertEquals(1, face.places(480, 640));
        assertEquals("nose", face.nameOf(2));
        assertEquals("right eye y", face.channelName(3));
        assertEquals("1 x", Field.ofCoordinates("face", 3, -1).channelName(2));
        assertEquals(List.of(0, 1), face.measuredBetween(0, 1).named(List.of()).ofTheWholeImage().between());
        assertEquals("field 'face': there are 6 names for 3 points.", refusal(() -> face.named(List.of("a", "b", "c",
                "d", "e", "f"))));
        assertEquals("field 'c': coordinates are of the whole image, two channels a point; it has 3.", refusal(() ->
                new Field("c", 3, Field.Kind.COORDINATES, 0, -1, true, List.of())));
        assertEquals("field 'c': coordinates are of the whole image, two channels a point; it has 4, of each pixel.",
                refusal(() -> new Field("c", 4, Field.Kind.COORDINATES, 0, -1)));
        for (int[] pair : new int[][] {{0, 0}, {0, 3}, {-1, 1}}) {
            assertTrue(refusal(() -> face.measuredBetween(pair[0], pair[1])).contains("between is [" + pair[0] + ", "));
        }
        assertTrue(refusal(() -> Field.ofValues("v", 4, -1).ofTheWholeImage().measuredBetween(0, 1)).contains(
                "between"));
        assertTrue(refusal(() -> Field.ofCoordinates("c", 0, -1)).contains("points is 0"));
        assertTrue(refusal(() -> Field.ofCoordinates("c", 1 << 30, -1)).contains("points is 1073741824"));
    }

    /** Runs know their data by these words: those of earlier versions go on. */
    @Test
    void fieldsAreWrittenAsTheyWereBeforeThereWereCoordinates() {
        assertEquals("Field[name=side, channels=1, kind=CLASSES, classes=2, ignore=255.0, wholeImage=true, "
                + "names=[left, right]]", Field.ofClasses("side", 2, 255).ofTheWholeImage().named(List.of("left",
                        "right")).toString());
        assertEquals("Field[name=face, channels=4, kind=COORDINATES, classes=0, ignore=-1.0, wholeImage=true, names=[],"
                + " between=[0, 1]]", Field.ofCoordinates("face", 2, -1).measuredBetween(0, 1).toString());
    }

    private static String refusal(Executable making) {
        return assertThrows(UserException.class, making).getMessage();
    }
}
