package io.gimbal.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.SoftDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole runs on the device under test against the numerical reference's. */
@Tag("device")
class ReplayTest {
    @TempDir
    private Path folder;

    static List<Path> cases() {
        return CaseFolders.all();
    }

    private static void replay(Device device, Path source, Path out) {
        AtomicLong steps = new AtomicLong();
        try (CaseRun run = new CaseRun(device, source)) {
            run.replay(out, steps::addAndGet);
            assertEquals(run.steps(), steps.get(), "steps that progress was told of");
        }
    }

    private static void assertSameFiles(Path one, Path other) throws IOException {
        for (String file : List.of("trace.jsonl", "final.safetensors")) {
            assertArrayEquals(Files.readAllBytes(one.resolve(file)), Files.readAllBytes(other.resolve(file)), file);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyFigureIsTheReferencesAndTwoRunsAreTheSameToTheBit(Path source) throws IOException {
        try (Device device = DeviceUnderTest.open()) {
            replay(device, source, folder.resolve("one"));
            replay(device, source, folder.resolve("two"));
        }
        CaseComparison.assertTraceIsTheReferences(source, folder.resolve("one"));
        CaseComparison.assertTensorsAreTheReferences(source, folder.resolve("one"));
        assertSameFiles(folder.resolve("one"), folder.resolve("two"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"absent", "inner", "seven_tasks", "nested_shared"})
    void oneThreadComesToTheReferencesFiguresToo(String name) throws IOException {
        try (Device device = DeviceUnderTest.open()) {
            SoftDevice soft = DeviceUnderTest.switches(device);
            int threads = soft.threads();
            soft.threads(1);
            try {
                replay(device, CaseFolders.of(name), folder);
            } finally {
                soft.threads(threads);
            }
        }
        CaseComparison.assertTraceIsTheReferences(CaseFolders.of(name), folder);
        CaseComparison.assertTensorsAreTheReferences(CaseFolders.of(name), folder);
    }

    /** Late streams show a missing wait, poison a read of what nobody wrote, guards a write past an end. */
    @ParameterizedTest
    @ValueSource(strings = {"absent", "classify", "inner", "residual", "seven_tasks", "nested_shared", "norm_shared",
            "many_above", "dropout", "dropout_image", "dropout_ends", "linear_units", "softmax",
            "mixed_heads", "gates", "mixed_features", "cross_stitch", "arms"})
    void aDeviceThatMisbehavesAsItMayChangesNoBit(String name) throws IOException {
        try (Device device = DeviceUnderTest.open()) {
            replay(device, CaseFolders.of(name), folder.resolve("plain"));
        }
        try (Device device = DeviceUnderTest.open()) {
            SoftDevice soft = DeviceUnderTest.switches(device);
            soft.lateStreams(true);
            soft.poison(true);
            soft.guard(true);
            try {
                replay(device, CaseFolders.of(name), folder.resolve("late"));
                device.synchronize();
            } finally {
                soft.lateStreams(false);
                soft.poison(false);
                soft.guard(false);
            }
        }
        assertSameFiles(folder.resolve("plain"), folder.resolve("late"));
    }
}
