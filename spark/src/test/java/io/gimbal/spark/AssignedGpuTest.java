package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.DeviceKind;
import java.util.Map;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gimbal takes the first GPU that the process sees; that must be the one that Spark assigned. */
class AssignedGpuTest {
    private static Map<String, ResourceInformation> gpus(String... addresses) {
        return Map.of("gpu", new ResourceInformation("gpu", addresses));
    }

    @ParameterizedTest
    @CsvSource({"0,", "0, 0", "0, 5", "3, 3", "3, '3,1'", "GPU-8f, GPU-8f"})
    void theFirstThatIsSeenIsTheOneThatWasAssigned(String assigned, String visible) {
        assertDoesNotThrow(() -> AssignedGpu.check(DeviceKind.GPU, gpus(assigned), visible));
    }

    @ParameterizedTest
    @CsvSource({"1,", "1, 0", "3, '1,3'"})
    void anotherIsRefusedByName(String assigned, String visible) {
        IllegalStateException refusal = assertThrows(IllegalStateException.class, () -> AssignedGpu.check(
                DeviceKind.AUTO, gpus(assigned), visible));
        assertTrue(refusal.getMessage().startsWith("Spark assigned GPU " + assigned + " to this task"), refusal
                .getMessage());
        assertTrue(refusal.getMessage().contains("CUDA_VISIBLE_DEVICES=" + assigned), refusal.getMessage());
    }

    @Test
    void whereNoGpuIsAssignedOrWantedNothingIsRefused() {
        assertDoesNotThrow(() -> AssignedGpu.check(DeviceKind.GPU, Map.of(), null));
        assertDoesNotThrow(() -> AssignedGpu.check(DeviceKind.GPU, gpus(), null));
        assertDoesNotThrow(() -> AssignedGpu.check(DeviceKind.SOFT, gpus("1"), null));
    }
}
