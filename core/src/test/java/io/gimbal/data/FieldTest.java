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

    private static String refusal(Executable making) {
        return assertThrows(UserException.class, making).getMessage();
    }
}
