package io.gimbal.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class HostTensorTest {
    private static final long[] PAIR = {2};

    private static ByteBuffer shorts(int... values) {
        ByteBuffer data = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            data.putShort((short) value);
        }
        return data.flip();
    }

    @Test
    void valuesComeBackAsTheyWerePutIn() {
        assertArrayEquals(new float[] {1.5f, -0f}, HostTensor.ofFloats(PAIR, 1.5f, -0f).floats());
        assertArrayEquals(new double[] {Math.PI, Double.NaN},
                HostTensor.ofDoubles(PAIR, Math.PI, Double.NaN).doubles());
        assertArrayEquals(new long[] {Long.MIN_VALUE, 7}, HostTensor.ofLongs(PAIR, Long.MIN_VALUE, 7).longs());
        assertArrayEquals(new long[] {Integer.MIN_VALUE, 7}, HostTensor.ofIntegers(PAIR, Integer.MIN_VALUE, 7).longs());
        assertArrayEquals(new long[] {255, 1}, HostTensor.ofBytes(PAIR, (byte) -1, (byte) 1).longs());
    }

    @Test
    void narrowFloatsAreWidenedExactly() {
        float[] halves = new HostTensor(DType.F16, new long[] {4}, shorts(0x3C00, 0xC000, 0x0001, 0x7C00)).floats();
        assertArrayEquals(new float[] {1, -2, 0x1p-24f, Float.POSITIVE_INFINITY}, halves);
        float[] brains = new HostTensor(DType.BF16, new long[] {3}, shorts(0x3F80, 0xC040, 0x7F7F)).floats();
        assertArrayEquals(new float[] {1, -3, 0x1.FEp127f}, brains);
    }

    @Test
    void doublesAreRoundedToFloats() {
        assertArrayEquals(new float[] {0.1f}, HostTensor.ofDoubles(new long[] {1}, 0.1).floats());
    }

    @Test
    void bytesAreReadBySignAndAsFlags() {
        byte[] bytes = {-1, 0, 2};
        assertArrayEquals(new long[] {-1, 0, 2},
                new HostTensor(DType.I8, new long[] {3}, ByteBuffer.wrap(bytes)).longs());
        assertArrayEquals(new long[] {1, 0, 1},
                new HostTensor(DType.BOOL, new long[] {3}, ByteBuffer.wrap(bytes)).longs());
    }

    @Test
    void integersAndFloatsAreNotMixedUp() {
        assertThrows(IllegalStateException.class, () -> HostTensor.ofLongs(PAIR, 1, 2).floats());
        assertThrows(IllegalStateException.class, () -> HostTensor.ofLongs(PAIR, 1, 2).doubles());
        assertThrows(IllegalStateException.class, () -> HostTensor.ofFloats(PAIR, 1, 2).longs());
    }

    @Test
    void scalarsAndEmptyTensorsAreTensors() {
        assertEquals(1, HostTensor.ofFloats(new long[0], 3).elements());
        assertEquals(0, HostTensor.ofFloats(new long[] {4, 0, 2}).elements());
    }

    @Test
    void aSizeThatDoesNotFitTheShapeIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> HostTensor.ofFloats(PAIR, 1, 2, 3));
        assertThrows(IllegalArgumentException.class, () -> HostTensor.ofFloats(new long[] {-1, -2}, 1, 2));
        assertThrows(ArithmeticException.class, () -> HostTensor.ofFloats(new long[] {1L << 40, 1L << 40}, 1));
    }

    @Test
    void theShapeAndThePositionAreTheTensorsOwn() {
        long[] shape = {2};
        HostTensor tensor = HostTensor.ofFloats(shape, 1, 2);
        shape[0] = 9;
        tensor.shape()[0] = 9;
        tensor.data().position(4);
        assertArrayEquals(PAIR, tensor.shape());
        assertEquals(8, tensor.data().remaining());
        assertEquals(ByteOrder.LITTLE_ENDIAN, tensor.data().order());
    }

    @Test
    void equalTensorsHaveEqualTypeShapeAndBytes() {
        assertEquals(HostTensor.ofFloats(PAIR, 1, 2), HostTensor.ofFloats(PAIR, 1, 2));
        assertEquals(HostTensor.ofFloats(PAIR, 1, 2).hashCode(), HostTensor.ofFloats(PAIR, 1, 2).hashCode());
        assertNotEquals(HostTensor.ofFloats(PAIR, 1, 2), HostTensor.ofFloats(PAIR, 1, 3));
        assertNotEquals(HostTensor.ofFloats(PAIR, 1, 2), HostTensor.ofFloats(new long[] {1, 2}, 1, 2));
        assertNotEquals(HostTensor.ofFloats(PAIR, 0, 0), HostTensor.ofIntegers(PAIR, 0, 0));
    }

    @Test
    void textNamesTypeAndShape() {
        assertEquals("F32 [1, 2]", HostTensor.ofFloats(new long[] {1, 2}, 1, 2).toString());
    }
}
