package io.gimbal.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.device.BindingKind;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Builds run every {@value #SHARE}th case; with the property {@code gimbal.test.cases} at {@code all} all. */
@Tag("jcuda")
class JcudaReplayTest {
    private static final int SHARE = 4;

    @TempDir
    private Path folder;

    static List<Path> cases() {
        return CaseFolders.each(SHARE);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void bothBindingsComeToTheSameBits(Path source) throws IOException {
        for (BindingKind by : BindingKind.values()) {
            try (Device device = DeviceUnderTest.open(by); CaseRun run = new CaseRun(device, source)) {
                run.replay(folder.resolve(by.name()), steps -> { });
            }
        }
        for (String file : List.of("trace.jsonl", "final.safetensors")) {
            assertArrayEquals(Files.readAllBytes(folder.resolve("PANAMA").resolve(file)),
                    Files.readAllBytes(folder.resolve("JCUDA").resolve(file)), file);
        }
        CaseComparison.assertTraceIsTheReferences(source, folder.resolve("JCUDA"));
    }
}
