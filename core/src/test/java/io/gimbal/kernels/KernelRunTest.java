package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.DeviceUnderTest;
import io.gimbal.kernels.KernelRun.Array;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The margins that guard arrays on a GPU, tried on the device under test. */
@OnKernelDevice
class KernelRunTest {
    private static final Way WAY = DeviceUnderTest.gpu() ? Way.GPU : Way.FAST;

    @Test
    void anArrayBetweenMarginsHoldsWhatIsPutThereAndIsAligned() {
        try (KernelRun run = new KernelRun(WAY, true)) {
            Array one = run.floats(1, 2, 3);
            assertArrayEquals(new float[] {1, 2, 3}, one.floats());
            assertEquals(0, one.at(0) % 256);
            assertEquals(0, run.floats().floats().length);
            assertTrue(Float.isNaN(run.output(1).floats()[0]), "what nobody wrote is poison");
        }
    }

    /** A copy of floats by a kernel that is told of more than there is room for, or of another place. */
    @ParameterizedTest
    @CsvSource({"5, 0, 0 bytes behind its end", "4, -4, 4 bytes before its start", "260, 0, 0 bytes behind its end"})
    void aWriteOutsideIsFoundAndItsPlaceNamed(int count, int offset, String place) {
        KernelRun run = new KernelRun(WAY, true);
        Array from = run.floats(new float[count]);
        Array to = run.output(4);
        run.launch("elementwise", "add", 1, from, from, to.at(offset), (long) count);
        AssertionError found = assertThrows(AssertionError.class, run::close);
        assertEquals("an array of 16 bytes was written to " + place, found.getMessage());
    }

    @Test
    void aWriteWithinIsNoFault() {
        try (KernelRun run = new KernelRun(WAY, true)) {
            Array from = run.floats(1, 2, 3, 4);
            Array to = run.output(4);
            run.launch("elementwise", "add", 1, from, from, to, 4L);
            assertArrayEquals(new float[] {2, 4, 6, 8}, to.floats());
        }
    }
}
