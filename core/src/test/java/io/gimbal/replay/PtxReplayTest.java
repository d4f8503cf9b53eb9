package io.gimbal.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.device.PtxUnderTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole runs of captured steps whose kernels are what NVRTC makes of them for a GPU, against the numerical reference's,
 * at the bounds of {@link ReplayTest} and {@link PrecisionReplayTest}. Builds run every {@value #SHARE}th; with the
 * property {@code gimbal.test.cases} at {@code all} there are all.
 */
class PtxReplayTest {
    private static final int SHARE = 8;

    @TempDir
    private Path folder;

    static List<Path> cases() {
        return CaseFolders.each(SHARE);
    }

    private void replay(Path source, Precision precision) {
        try (Device device = PtxUnderTest.open();
                CaseRun run = new CaseRun(device, source, Optional.of(precision), () -> { })) {
            run.replay(folder, steps -> { });
            assertEquals(run.steps(), device.counters().graphLaunches(), "a graph launch a step");
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyFigureIsTheReferences(Path source) throws IOException {
        replay(source, Precision.FLOAT32);
        CaseComparison.assertTraceIsTheReferences(source, folder);
        CaseComparison.assertTensorsAreTheReferences(source, folder);
    }

    @ParameterizedTest
    @CsvSource(textBlock = PrecisionReplayTest.NORMS)
    void bf16FollowsTheReference(String name, double norms) throws IOException {
        Path source = CaseFolders.of(name);
        replay(source, Precision.BF16);
        CaseComparison.assertTraceIsWithin(source, folder, figure -> PrecisionReplayTest.inBf16(figure, norms));
    }
}
