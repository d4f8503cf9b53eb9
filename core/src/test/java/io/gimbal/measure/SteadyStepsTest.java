package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.cuda.Counters;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.replay.BenchSource;
import io.gimbal.replay.CaseFolders;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a network is made of, a step that is under way asks the driver for its batch's upload and one launch. */
@Tag("device")
class SteadyStepsTest {
    private static final int STEPS = 20;

    private static List<Path> cases() {
        return CaseFolders.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void twentyStepsAreTwentyLaunches(Path folder) {
        BenchSource source = BenchSource.read(folder, List.of());
        try (Device device = DeviceUnderTest.open(); BenchRun run =
                new BenchRun(device, source.config(), source.batch(),
                false, Optional.of(Precision.BF16), () -> { })) {
            run.launch();
            run.step().synchronize();
            Counters before = device.counters();
            for (int k = 0; k < STEPS; k++) {
                run.launch();
            }
            assertEquals(new Counters(STEPS, 0, 0, 0, 0, 0, STEPS), device.counters().minus(before));
            assertEquals(STEPS + 1, run.step().drainRecords().size());
        }
    }
}
