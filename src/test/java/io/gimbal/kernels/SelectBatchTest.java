package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(KernelDevice.class)
class SelectBatchTest {
    @ParameterizedTest
    @EnumSource
    void slotOfTheStepIsCopied(Way way) {
        for (int words : new int[] {1, 3, 4, 255, 256, 1023, 1024, 1025, 40_000}) {
            for (int slots : new int[] {1, 2, 3}) {
                int[] ring = new Random(words).ints((long) words * slots).toArray();
                for (long step : new long[] {0, 1, 5, 1L << 40}) {
                    try (KernelRun run = new KernelRun(way)) {
                        Array destination = run.output(words);
                        run.launch("batch", "select_batch", KernelRun.grid(way, words + slots), run.ints(ring),
                                destination, (long) words, slots,
                                run.longs(step, 0, 0, 0));
                        int first = (int) (step % slots) * words;
                        assertArrayEquals(Arrays.copyOfRange(ring, first, first + words), destination.ints());
                    }
                }
            }
        }
    }
}
