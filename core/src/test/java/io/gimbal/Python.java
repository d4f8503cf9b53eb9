package io.gimbal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The {@code python3} of the {@code PATH}, for what tests hold against Python's libraries. */
public final class Python {
    private static final long PATIENCE_SECONDS = 600;

    private Python() {}

    /** Runs it to its end; what it said is printed where it failed. Gives its exit status. */
    public static int run(String... arguments) throws IOException, InterruptedException {
        List<String> command = Stream.concat(Stream.of("python3"), Stream.of(arguments)).toList();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), () -> String.join(" ", command) + " hangs");
        if (process.exitValue() != 0) {
            System.out.println(said);
        }
        return process.exitValue();
    }
}
