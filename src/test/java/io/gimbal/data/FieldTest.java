package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

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
        assertEquals(12, Field.ofValues("normals", 3, -2).bytesPerPixel());
    }
}
