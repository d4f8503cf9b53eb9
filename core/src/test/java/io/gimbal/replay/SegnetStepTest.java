package io.gimbal.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.Python;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.storage.DType;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A training step of the paper's SegNet at its full size, 320 x 320, against the same step written in PyTorch and
 * float64. {@code src/test/python/segnet.py} makes the case and says why it is chosen as it is.
 */
class SegnetStepTest {
    @TempDir
    private Path folder;

    @Test
    @Tag("segnet")
    void everyLossNormAndUpdateIsPyTorchs() throws Exception {
        assumeTrue(Python.run("-c", "import torch") == 0,
                "python3 has no torch; with it (pip install torch) the step is compared with PyTorch's");
        Path source = folder.resolve("case");
        Files.createDirectory(source);
        assertEquals(0, Python.run(Path.of("core/src/test/python/segnet.py").toAbsolutePath().toString(),
                source.toString()));
        Path out = folder.resolve("out");
        try (Device device = Device.open(DeviceKind.SOFT); CaseRun run = new CaseRun(device, source)) {
            run.replay(out, steps -> { });
        }
        CaseComparison.assertTraceIsTheReferences(source, out);
        assertUpdates(source, out);
    }

    /**
     * By how much each parameter moved, relative to how far it moved: plain gradient descent moves it by its gradient.
     */
    private static void assertUpdates(Path source, Path out) {
        try (TensorFile start = SafeTensors.open(source.resolve("init.safetensors"));
                TensorFile expected = SafeTensors.open(source.resolve("final.safetensors"));
                TensorFile actual = SafeTensors.open(out.resolve("final.safetensors"))) {
            assertEquals(expected.names(), actual.names());
            for (String name : expected.names()) {
                long[] shape = expected.entry(name).shape();
                if (expected.entry(name).type() == DType.I64) {
                    assertEquals(expected.longs(name, shape)[0], actual.longs(name, shape)[0], name);
                    continue;
                }
                double off = deviation(start.floats(name, shape), expected.floats(name, shape),
                        actual.floats(name, shape));
                assertTrue(off <= CaseComparison.TOLERANCE, () -> name + "'s update deviates by " + off);
            }
        }
    }

    private static double deviation(float[] start, float[] expected, float[] actual) {
        double moved = 0;
        double difference = 0;
        for (int i = 0; i < start.length; i++) {
            moved += Math.pow((double) expected[i] - start[i], 2);
            difference += Math.pow((double) expected[i] - actual[i], 2);
        }
        return Math.sqrt(difference / moved);
    }
}
