package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.KernelSignature;
import io.gimbal.device.PtxUnderTest;
import io.gimbal.measure.ImageSize;
import io.gimbal.measure.KernelCase;
import io.gimbal.measure.KernelCases;
import io.gimbal.measure.KernelCounter;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchKernelsCommandTest {
    @TempDir
    private Path folder;

    @Test
    void everyKernelIsTimed() throws IOException {
        Set<String> known = new TreeSet<>();
        try (Stream<Path> files = Files.list(Path.of("kernels"))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".cu")).toList()) {
                known.addAll(KernelSignature.kernels(file.getFileName().toString().replace(".cu", "")));
            }
        }
        Set<String> timed = KernelCases.of(List.of(new ImageSize(1, 2, 2, 1)), 1).stream().map(KernelCase::kernel)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(Set.of(), without(known, timed), "kernels that KernelCases does not launch");
        assertEquals(Set.of(), without(timed, known), "kernels that are not in kernels/");
    }

    private static Set<String> without(Set<String> all, Set<String> some) {
        Set<String> rest = new TreeSet<>(all);
        rest.removeAll(some);
        return rest;
    }

    @Test
    void aTableAndJsonSayWhatEachLaunchMovedAndHowFast() throws IOException {
        Path file = folder.resolve("kernels.json");
        String[] lines = Command.run("bench", "kernels", "--device", "soft", "--size", "1x6x5x8,2x2x3x3", "--json",
                file.toString()).succeeds().out().split("\n");
        JsonNode line = new ObjectMapper().readTree(lines[lines.length - 1]);
        assertEquals(line, new ObjectMapper().readTree(file.toFile()));
        assertTrue(line.get("copy_bytes_a_second").asDouble() > 0, line::toString);
        for (String kernel : List.of("gram", "gram_bf16")) {
            assertEquals(1, line.get("kernels").findParents("kernel").stream().filter(each -> each.get("kernel")
                    .asText().equals(kernel) && each.get("of").asText().equals("589824 T=3")).count(), kernel);
        }
        assertEquals(KernelCases.of(List.of(new ImageSize(1, 6, 5, 8), new ImageSize(2, 2, 3, 3)), 1).size(),
                line.get("kernels").size());
        for (JsonNode kernel : line.get("kernels")) {
            JsonNode seconds = kernel.get("launch_s");
            assertTrue(seconds.get("min").asDouble() > 0, kernel::toString);
            assertEquals(kernel.get("bytes").asDouble() / seconds.get("median").asDouble(),
                    kernel.get("bytes_a_second").asDouble(), 1e-6 * kernel.get("bytes_a_second").asDouble());
            assertEquals(kernel.get("bytes_a_second").asDouble() / line.get("copy_bytes_a_second").asDouble(),
                    kernel.get("share_of_copy").asDouble(), 1e-9);
        }
        JsonNode add = line.get("kernels").findParents("kernel").stream().filter(kernel ->
                kernel.get("kernel").asText().equals("add")).findFirst().orElseThrow();
        assertEquals("1x6x5x8", add.get("of").asText());
        assertEquals(12 * 240, add.get("bytes").asLong());
    }

    @Test
    void countsAreOfThePtxDeviceAlone() {
        Command.run("bench", "kernels", "--counts", "--device", "soft").refuses(2, "--device soft", "Usage: gimbal");
        Command.run("bench", "kernels", "--table", "counts.json").refuses(2, "--counts", "Usage: gimbal");
    }

    @Test
    void countsAreTheTableTheJsonAndTheFileForEstimates() throws IOException {
        PtxUnderTest.assumeNvrtc();
        Path file = folder.resolve("counts.json");
        String[] lines = Command.run("bench", "kernels", "--counts", "--no-progress", "--size", "1x6x5x3", "--table",
                file.toString()).succeeds().out().split("\n");
        JsonNode line = new ObjectMapper().readTree(lines[lines.length - 1]);
        List<KernelCase> cases = KernelCounter.cases(List.of(new ImageSize(1, 6, 5, 3)));
        assertEquals(cases.size(), line.get("kernels").size());
        assertEquals(cases.size(), new ObjectMapper().readTree(file.toFile()).get("kernels").size());
        assertEquals("1x6x5x3", new ObjectMapper().readTree(file.toFile()).get("size").asText());
        for (JsonNode kernel : line.get("kernels")) {
            long instructions = 0;
            for (JsonNode each : kernel.get("lines")) {
                instructions += each.get("instructions").asLong();
            }
            assertEquals(kernel.get("warp_instructions").asLong(), instructions, kernel::toString);
            assertTrue(kernel.get("registers").asInt() > 0 && kernel.get("resident_blocks").asInt() > 0,
                    kernel::toString);
        }
        assertTrue(String.join("\n", lines).contains("Counted once each, at 1x6x5x3."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"24", "1x2x3", "0x4x4x4", "1x1x4x4", "1x4x4x0", "1x4x4x-1", "999999x9999x9999x9999", "",
            "1x4x4x4;2x2x2x2"})
    void aSizeThatIsNoneIsRefused(String size) {
        Command.run("bench", "kernels", "--device", "soft", "--size", size).refuses(2, "'--size'", "Usage: gimbal");
    }
}
