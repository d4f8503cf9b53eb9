package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.replay.CaseFolders;
import io.gimbal.picture.PngWriter;
import io.gimbal.run.TinyRooms;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line where the system, or the virtual machine's settings, give little. Each is a process. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class ScarcityTest {
    @TempDir
    private Path folder;

    private record Ended(int code, String out, String err) {}

    private Ended run(List<String> options, Map<String, String> environment, String... arguments) throws IOException,
            InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin",
                "java").toString(), "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true",
                "-Dgimbal.engines=" + folder.resolve("engines"),
                "-Dgimbal.softcuda=" + System.getProperty("gimbal.softcuda")));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(folder.resolve("printed").toFile())
                .redirectError(folder.resolve("complained").toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), "it takes too long");
        return new Ended(process.exitValue(), Files.readString(folder.resolve("printed")),
                Files.readString(folder.resolve("complained")));
    }

    private Ended train(Map<String, String> environment, String... options) throws IOException, InterruptedException {
        Path config = Files.writeString(folder.resolve("tiny.json"), TinyRooms.TEXT);
        return run(List.of(options), environment, "train", config.toString(), "--device", "soft", "--out",
                folder.resolve("out").toString(), "--set", "epochs=1");
    }

    /** The library that refuses, compiled here: the compiler is the one that the software device is built with. */
    private Map<String, String> refusing(String library, int first, int last) throws IOException,
            InterruptedException {
        Path source = folder.resolve("refuse.c");
        try (InputStream text = ScarcityTest.class.getResourceAsStream("refuse.c")) {
            Files.copy(text, source);
        }
        Path compiled = folder.resolve("refuse.so");
        Process compiler;
        try {
            compiler = new ProcessBuilder("gcc", "-shared", "-fPIC", "-o", compiled.toString(), source.toString(),
                    "-ldl").inheritIO().start();
        } catch (IOException none) {
            assumeTrue(false, "there is no C compiler");
            throw none;
        }
        assertEquals(0, compiler.waitFor());
        return Map.of("LD_PRELOAD", compiled.toString(), "LIBRARY", library, "FIRST", "" + first, "LAST", "" + last);
    }

    private static void fails(Ended ended, String... parts) {
        assertEquals(1, ended.code(), ended.err());
        assertFalse(ended.err().contains("\tat ") || ended.err().contains("Exception"), ended.err());
        for (String part : parts) {
            assertTrue(ended.err().contains(part), ended.err());
        }
    }

    /** The initialisers of oneDNN alone take half a MiB of the stack of the thread that loads it. */
    @ParameterizedTest
    @ValueSource(strings = {"panama", "jcuda"})
    void aSmallStackIsEnough(String binding) throws IOException, InterruptedException {
        Ended ended = run(List.of("-Xss256k"), Map.of(), "replay", CaseFolders.of("residual").toString(),
                folder.resolve("replayed").toString(), "--device", "soft", "--binding", binding);
        assertEquals(0, ended.code(), ended.err());
    }

    @Test
    void aSmallStackIsEnoughForATraining() throws IOException, InterruptedException {
        Ended trained = train(Map.of(), "-Xss256k");
        assertEquals(0, trained.code(), trained.err());
    }

    /** The threads are tried one after the other, then the device's own is started. */
    @ParameterizedTest
    @CsvSource({"1, 100", "2, 2", "3, 3"})
    void withoutThreadsTheDeviceIsRefusedAndNobodyWaits(int first, int last) throws IOException,
            InterruptedException {
        Map<String, String> environment = new HashMap<>(refusing("libsoftcuda", first,
                last));
        environment.put("GIMBAL_SOFT_THREADS", "2");
        fails(train(environment), "CUDA_ERROR_OPERATING_SYSTEM", "start its 2 threads", "GIMBAL_SOFT_THREADS");
    }

    @Test
    void aMomentWithoutMemoryFailsThisTrainingAndNotTheNext() throws IOException, InterruptedException {
        fails(train(refusing("libdnnl", 1, Integer.MAX_VALUE)), "the host is out of memory");
        Path out = folder.resolve("out");
        for (String file : TinyRooms.contents(out).keySet()) {
            Files.delete(out.resolve(file));
        }
        Ended next = train(Map.of());
        assertEquals(0, next.code(), next.err());
    }

    /** Previews of 40 photos alone take 140 MiB, whatever the batch. */
    @Test
    void manyLargePhotosArePredictedInASmallHeap() throws IOException, InterruptedException {
        train(Map.of());
        Path photos = Files.createDirectory(folder.resolve("photos"));
        for (int i = 0; i < 40; i++) {
            Files.write(photos.resolve(i + ".png"), PngWriter.ofColours(new int[960 * 960], 960, 960));
        }
        Ended ended = run(List.of("-Xmx128m"), Map.of(), "predict", folder.resolve("out").toString(), photos.toString(),
                "--out", folder.resolve("predicted").toString(), "--batch", "64", "--as", "json", "--device", "soft");
        assertEquals(0, ended.code(), ended.err());
        assertTrue(ended.out().contains("40 photos predicted"), ended.out());
    }

    @Test
    void besideAnOddDriverTheSoftwareDeviceIsTakenAndTheFileIsNamed() throws IOException, InterruptedException {
        Path driver = Files.createDirectory(folder.resolve("odd")).resolve("libcuda.so.1");
        Files.copy(Path.of(System.getProperty("gimbal.softcuda")).resolveSibling("libgomp.so.1"), driver);
        Path config = Files.writeString(folder.resolve("tiny.json"), TinyRooms.TEXT);
        Ended ended = run(List.of(), Map.of("GIMBAL_CUDA_LIBRARIES", driver.getParent().toString()), "train",
                config.toString(), "--out", folder.resolve("out").toString(), "--set", "epochs=1");
        assertEquals(0, ended.code(), ended.err());
        assertTrue(ended.out().contains(driver + " (environment variable GIMBAL_CUDA_LIBRARIES) has no function "
                + "cuInit"), ended.out());
        fails(run(List.of(), Map.of("GIMBAL_CUDA_LIBRARIES", driver.getParent().toString()), "train",
                config.toString(), "--out", folder.resolve("other").toString(), "--device", "gpu"),
                "no GPU can be used", driver.toString(), "has no function cuInit");
    }
}
