package io.gimbal.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.SoftDevice;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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

    /** Not even what rounding would leave of them. */
    @ParameterizedTest
    @ValueSource(strings = {"frozen", "frozen_shared", "frozen_tied"})
    void frozenBatchNormsKeepTheirStatisticsAndLearnTheirWeights(String name) throws IOException {
        try (Device device = DeviceUnderTest.open()) {
            replay(device, CaseFolders.of(name), folder);
        }
        int statistics = 0;
        try (TensorFile before = SafeTensors.open(CaseFolders.of(name).resolve("init.safetensors"));
                TensorFile after = SafeTensors.open(folder.resolve("final.safetensors"))) {
            for (String tensor : before.names()) {
                long[] shape = before.entry(tensor).shape();
                if (tensor.endsWith("num_batches_tracked")) {
                    assertArrayEquals(before.longs(tensor, shape), after.longs(tensor, shape), tensor);
                } else if (tensor.contains(".running_")) {
                    assertArrayEquals(before.floats(tensor, shape), after.floats(tensor, shape), tensor);
                    statistics++;
                } else {
                    assertFalse(Arrays.equals(before.floats(tensor, shape), after.floats(tensor, shape)), tensor);
                }
            }
        }
        assertTrue(statistics > 0);
    }

    /** Late streams show a missing wait, poison a read of what nobody wrote, guards a write past an end. */
    @ParameterizedTest
    @ValueSource(strings = {"absent", "classify", "inner", "residual", "seven_tasks", "nested_shared", "norm_shared",
            "many_above", "dropout", "dropout_image", "dropout_ends", "linear_units", "softmax",
            "mixed_heads", "gates", "mixed_features", "cross_stitch", "arms", "survey_losses", "frozen",
            "frozen_shared", "frozen_tied"})
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
