package io.gimbal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The programs of examples/ that use CUDA themselves: they run as their first lines say, and learn. */
class HandOverExamplesTest {
    private static final Pattern STEP = Pattern.compile("step (\\d+): loss ([\\d.]+) and ([\\d.]+)");
    private static final Pattern BIAS = Pattern.compile("reads the bias of the brightness: \\[-?[\\d.E-]+\\]");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"HandOverJcuda.java,by JCuda", "HandOverForeign.java,Gimbal software device"})
    void theProgramTrainsInItsOwnContextAndReadsTheResult(String program, String said)
            throws IOException, InterruptedException {
        Path printed = folder.resolve("printed");
        Process process = new ProcessBuilder(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dgimbal.softcuda=" + System.getProperty("gimbal.softcuda"),
                "--class-path", System.getProperty("java.class.path"), "examples/" + program))
                .redirectErrorStream(true).redirectOutput(printed.toFile()).start();
        assertTrue(process.waitFor(2, TimeUnit.MINUTES), "it takes too long");
        String text = Files.readString(printed);
        assertEquals(0, process.exitValue(), text);
        List<Matcher> steps = text.lines().map(STEP::matcher).filter(Matcher::find).toList();
        assertEquals(List.of("50", "100", "150", "200", "250", "300"),
                steps.stream().map(step -> step.group(1)).toList(), text);
        // From log 2 on; which side is brighter is learned to a few per cent of that.
        assertTrue(Double.parseDouble(steps.getLast().group(3)) < 0.1, text);
        assertTrue(text.contains("in a context of this program's") && text.contains(said), text);
        assertTrue(BIAS.matcher(text).find(), text);
    }
}
