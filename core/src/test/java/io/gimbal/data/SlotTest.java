package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlotTest {
    @Test
    void aSlotHasTheRoomOfOneBatch() {
        Slot slot = Slot.allocate(new Large(3, 5), 2, List.of("classes", "directions"));
        assertEquals(2 * 15 * 12, slot.image().capacity());
        assertEquals(2 * 15 * 4, slot.targets().get("classes").capacity());
        assertEquals(2 * 15 * 12, slot.targets().get("directions").capacity());
    }

    @Test
    void aBatchBeyondABufferIsRefusedWithTheLargestThatFits() {
        // 8192 x 8192 pixels of 12 bytes are 805306368 bytes; two of them lie in a buffer.
        String message = assertThrows(UserException.class, () -> Slot.allocate(new Large(8192, 8192), 3,
                List.of("directions"))).getMessage();
        assertEquals("A batch of 3 examples (data.batch) has 2415919104 bytes of 'directions', and at most 2147483647 "
                + "lie in a buffer: take at most 2 examples.", message);
    }

    @Test
    void aSampleBeyondABufferIsRefused() {
        for (Large data : List.of(new Large(1 << 14, 1 << 14), new Large(1 << 30, 1 << 30), new Large(0, 5))) {
            String message = assertThrows(IllegalArgumentException.class, () -> Slot.allocate(data, 1, List.of()))
                    .getMessage();
            assertTrue(message.contains(data.width() + " x " + data.height() + " pixels"), message);
        }
    }

    private record Large(int height, int width) implements DataSet {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public List<Field> fields() {
            return List.of(Field.ofClasses("classes", 3, 255), Field.ofValues("directions", 3, 0));
        }

        @Override
        public void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
            throw new UnsupportedOperationException();
        }
    }
}
