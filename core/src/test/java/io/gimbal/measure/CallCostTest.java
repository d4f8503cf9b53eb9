package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.device.Precision;
import io.gimbal.dnn.DeviceLimits;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallCostTest {
    @Test
    void theShortestTimeIsThatOfTheSlowerOfOperationsAndBytes() {
        DeviceLimits limits = new DeviceLimits(100, 50, 10, 20, Optional.empty(), "made up");
        assertEquals(2, seconds(limits, 200, Precision.BF16, 20));
        assertEquals(4, seconds(limits, 200, Precision.TF32, 20));
        assertEquals(20, seconds(limits, 200, Precision.FLOAT32, 20));
        assertEquals(5, seconds(limits, 200, Precision.BF16, 100));
    }

    private static double seconds(DeviceLimits limits, double operations, Precision precision, double bytes) {
        return new CallCost(operations, bytes, precision, Optional.empty()).at(Optional.of(limits)).seconds();
    }

    @ParameterizedTest
    @CsvSource({"64, 0, 0, 0, 8, MEMORY, 2", "32, 40, 0, 8, 8, REQUESTS, 2.5", "32, 8, 12, 8, 8, REQUESTS, 1.5",
        "32, 0, 0, 64, 8, INSTRUCTIONS, 4", "32, 0, 0, 64, 2, INSTRUCTIONS, 8", "0, 0, 0, 0, 8, ARITHMETIC, 0.5"})
    void aKernelTakesAsLongAsTheSlowestOfItsCounts(double moved, double loaded, double stored, double instructions,
            int blocks, Limit limit, double seconds) {
        DeviceLimits limits = new DeviceLimits(1e9, 1e9, 64, 32, Optional.of(new DeviceLimits.Multiprocessors(4, 1)),
                "made up");
        CallCost cost = new CallCost(32, 1, Precision.FLOAT32, Optional.of(new CallCost.Counted(blocks, moved,
                loaded, stored, instructions)));
        assertEquals(limit, cost.binding(limits));
        assertEquals(seconds, cost.at(Optional.of(limits)).seconds());
    }
}
