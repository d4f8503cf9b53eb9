package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class WarmUpTest {

    @Test
    void itIsOverWhenTwoSlicesInARowAreNoFaster() {
        assertEquals(5, slices(10, 6, 3, 2.95, 3.2));
        assertEquals(6, slices(10, 6, 6.1, 3, 3, 2.95), "a slice that was disturbed, then a faster one");
        assertEquals(3, slices(4, 4, 4));
    }

    /** How many slices a warm-up of these takes; it must end with the last one. */
    private static int slices(double... seconds) {
        WarmUp warmUp = new WarmUp();
        for (int i = 0; i < seconds.length; i++) {
            assertFalse(warmUp.over(), "over before slice " + i);
            warmUp.slice(seconds[i], 0);
        }
        assertTrue(warmUp.over() && warmUp.steady());
        return seconds.length;
    }

    @Test
    void aSliceInWhichTheCompilerWasBusyDoesNotCount() {
        WarmUp warmUp = new WarmUp();
        for (double compiling : new double[] {1, 0.5, 0.06, 0, 0.06, 0.04}) {
            warmUp.slice(1, compiling);
            assertFalse(warmUp.over());
        }
        warmUp.slice(1, 0.01);
        assertTrue(warmUp.over() && warmUp.steady());
    }

    @Test
    void whatNeverComesToRestEndsAndSaysSo() {
        WarmUp warmUp = new WarmUp();
        int slices = 0;
        for (double seconds = 1; !warmUp.over(); seconds *= 0.9) {
            warmUp.slice(seconds, 0);
            slices++;
        }
        assertEquals(WarmUp.MOST_SLICES, slices);
        assertFalse(warmUp.steady());
    }
}
