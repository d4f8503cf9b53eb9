package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.PtxUnderTest;
import io.gimbal.picture.NpyBytes;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchKernelCommandTest {
    private static final String SOURCE = """
            extern "C" __global__ void twice(float* y, const float* x, int n) {
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                if (i < n) y[i] = 2 * x[i];
            }
            extern "C" __global__ void same(float* y, const float* x, int n) {
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                if (i < n) y[i] = x[i] + x[i];
            }
            """;

    @TempDir
    private Path folder;
    private Path file;

    @BeforeEach
    void writeTheSource() throws IOException {
        PtxUnderTest.assumeNvrtc();
        file = Files.writeString(folder.resolve("twice.cu"), SOURCE);
    }

    private Command bench(String... more) {
        List<String> all = new ArrayList<>(List.of("bench", "kernel", file.toString(), "twice", "--device", "soft",
                "--no-progress"));
        all.addAll(Arrays.asList(more));
        return Command.run(all.toArray(String[]::new));
    }

    private static String[] given(String... more) {
        return Stream.concat(Stream.of("--arguments", "out float[500], float[500]=random, int=500", "--grid",
                "ceil(500/block)"), Arrays.stream(more)).toArray(String[]::new);
    }

    @Test
    void aSweepHasARowForEachLaunchInTheTableTheJsonAndThePicture() throws IOException {
        Path json = folder.resolve("k.json");
        Path plot = folder.resolve("k.svg");
        String[] lines = bench(given("--sweep", "block=64,128,256", "--json", json.toString(), "--plot",
                plot.toString())).succeeds().out().split("\n");
        JsonNode line = new ObjectMapper().readTree(lines[lines.length - 1]);
        assertEquals(line, new ObjectMapper().readTree(json.toFile()));
        List<String> launches = new ArrayList<>();
        for (JsonNode kernel : line.get("kernels")) {
            launches.add(kernel.get("grid").asText() + " of " + kernel.get("block").asText());
            assertEquals(4000, kernel.get("bytes").asLong());
            assertEquals(1, kernel.get("loads").asDouble());
            assertEquals(100, Math.round(100 * kernel.get("occupancy").asDouble()));
            assertTrue(kernel.get("least_s").asDouble() > 0 && !kernel.has("cold_s"), kernel::toString);
        }
        assertEquals(List.of("8 of 64", "4 of 128", "2 of 256"), launches);
        String text = String.join("\n", lines);
        assertTrue(text.contains("No time was measured") && text.contains(", seed 1.\n"), text);
        String picture = Files.readString(plot);
        assertTrue(picture.startsWith("<svg ") && picture.contains("twice, grid 8, block 64")
                && picture.contains("(not measured)"), picture);
    }

    @Test
    void aCheckDecidesTheExitCode() throws IOException {
        Path right = NpyBytes.write(folder.resolve("y.npy"), "<f4", (to, i) -> to.putFloat(6), 500);
        Path wrong = NpyBytes.write(folder.resolve("z.npy"), "<f4", (to, i) -> to.putFloat(i == 3 ? 7 : 6), 500);
        String[] threes = {"--arguments", "out float[500], float[500]=3, int=500", "--grid", "2", "--check"};
        Command fine = bench(Stream.concat(Arrays.stream(threes), Stream.of(right.toString())).toArray(String[]::new));
        assertTrue(fine.succeeds().out().contains("Output 1 agrees in all 500 numbers within 1e-05"), fine.out());
        Command failed = bench(Stream.concat(Arrays.stream(threes),
                Stream.of(wrong.toString())).toArray(String[]::new));
        assertEquals(1, failed.code());
        assertTrue(failed.out().contains("number 3 is 6.0, where 7.0 is due"), failed.out());
        assertTrue(failed.out().contains("\"passed\":false"), failed.out());
    }

    @Test
    void anotherKernelOfTheSameFileIsHeldAgainstIt() {
        String out = bench(given("--against", file + ":same")).succeeds().out();
        assertTrue(out.contains("│ same ") && out.contains("Output 1 agrees in all 500 numbers"), out);
    }

    @Test
    void optionsThatDoNotGoTogetherAreRefused() {
        bench(given("--check", "a.npy", "--against", "b.cu")).refuses(2, "give one of them", "Usage: gimbal");
        bench(given("--tolerance", "-1")).refuses(2, "--tolerance is a number from 0 on");
        bench(given("--bytes", "0")).refuses(2, "--bytes is a whole number");
        bench(given("--sweep", "threads=1,2")).refuses(2, "write block=64,128,256");
        bench(given("--sweep", "block=1,2", "--sweep", "shared=1,2,3")).refuses(2, "sweeps go on together");
        bench(given("--sweep", "block=1,")).refuses(2, "A block of ''");
        bench(given("--against", "b.cu")).refuses(2, "b.cu: there is no such file");
        bench("--arguments", "out float[9]").refuses(2, "twice at twice.cu:1 takes 3 arguments");
    }
}
