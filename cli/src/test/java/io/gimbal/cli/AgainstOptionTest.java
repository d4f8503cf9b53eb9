package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The commands that measure hold what they measure against what they measured before. */
class AgainstOptionTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    private Path folder;

    static Stream<Arguments> commands() {
        return Stream.of(
                Arguments.of("bench kernels --device soft --size 1x2x2x1", "add 1x2x2x1", "--size 1x2x2x2"),
                Arguments.of("bench step core/src/test/resources/cases/toy2 --steps 3 --device soft", "own",
                        "--batch 5"),
                Arguments.of("bench data examples/rooms.json --seconds 0.1 --step-seconds 0.02", "memory",
                        "--set data.count=77"));
    }

    private static Command run(String line, String... more) {
        return Command.run(Stream.concat(Stream.of((line + " --no-progress").split(" ")), Stream.of(more))
                .toArray(String[]::new));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void eachCommandComparesWithItsOwnFileAndEndsWithThreeWhereItIsSlowerThanIsAllowed(String line, String figure,
            String other) throws IOException {
        Path file = folder.resolve("kept.json");
        run(line, "--json", file.toString()).succeeds();
        byte[] kept = Files.readAllBytes(file);
        Path next = folder.resolve("next.json");
        Command slower = run(line, "--against", file.toString(), "--slower-than", "1e-9", "--json", next.toString());
        assertEquals(3, slower.code(), slower.err());
        assertEquals("", slower.err());
        assertTrue(slower.out().contains("│ " + figure + " ") && slower.out().contains("kept: " + file)
                && slower.out().contains(" have a ratio above 1.0E-9: "), slower.out());
        String[] lines = slower.out().split("\n");
        assertEquals(MAPPER.readTree(next.toFile()), MAPPER.readTree(lines[lines.length - 1]),
                "the last line is the new JSON, and it is kept");

        run(line + " " + other, "--against", file.toString()).refuses(2, file.toString(),
                "cannot be compared with this measurement: ");
        ObjectNode elsewhere = (ObjectNode) MAPPER.readTree(kept);
        elsewhere.put("processor", "another one");
        Files.writeString(file, elsewhere.toString());
        Command refused = run(line, "--against", file.toString()).refuses(2, "processor is 'another one' there");
        assertFalse(refused.out().contains("{"), "it was refused before anything was measured: " + refused.out());
    }

    @Test
    void byDefaultATenthMoreIsAllowed() throws IOException {
        String line = "bench step core/src/test/resources/cases/toy2 --steps 3 --device soft --balance equal";
        Path file = folder.resolve("kept.json");
        run(line, "--json", file.toString()).succeeds();
        ObjectNode kept = (ObjectNode) MAPPER.readTree(file.toFile());
        for (double seconds : List.of(1e-9, 1e3)) {
            ((ObjectNode) kept.get("step_s")).put("min", seconds);
            Files.writeString(file, kept.toString());
            Command command = run(line, "--against", file.toString());
            assertEquals(seconds < 1 ? 3 : 0, command.code(), command.out());
            assertTrue(command.out().contains("a ratio above 1.1"), command.out());
        }
    }

    @Test
    void whatDoesNotGoWithItIsRefused() {
        run("bench step x --slower-than 1.2").refuses(2, "--slower-than RATIO is for --against");
        for (String limit : List.of("0", "-1", "NaN", "Infinity", "much")) {
            run("bench step x --against y --slower-than " + limit).refuses(2, "--slower-than", "Usage: gimbal");
        }
        run("bench kernels --counts --against y").refuses(2, "--counts times nothing", "Usage: gimbal");
        run("bench kernels --counts --slower-than 2").refuses(2, "--counts times nothing", "Usage: gimbal");
        run("bench kernels --against " + folder.resolve("none.json")).refuses(2, "none.json: there is no such file");
        run("bench kernels --against " + folder).refuses(2, folder + ": is a folder");
    }
}
