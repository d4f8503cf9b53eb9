package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The command line in processes of their own. */
final class Processes {
    private static final long PATIENCE_SECONDS = 120;

    private Processes() {}

    /** What starts Gimbal with these arguments. */
    static List<String> java(String... arguments) {
        return java(List.of(), arguments);
    }

    /** The same with options of the virtual machine. */
    static List<String> java(List<String> options, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin",
                "java").toString(), "-XX:-UsePerfData",
                "-XX:TieredStopAtLevel=1", "-Xmx512m", "--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true",
                "-Dgimbal.softcuda=" + System.getProperty("gimbal.softcuda")));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** A process that a shell starts in the background has SIGINT ignored, and so have those that it starts. */
    static List<String> unmasked(List<String> command) {
        List<String> all = new ArrayList<>(List.of("env", "--default-signal=INT,TERM"));
        all.addAll(command);
        return all;
    }

    /** Waits for its end, and returns its exit code. */
    static int end(Process process) throws IOException, InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            String threads = threads(process.pid());
            process.destroyForcibly();
            fail("it takes too long; its threads:\n" + threads);
        }
        return process.exitValue();
    }

    /** What a process that does not end is waiting for. */
    static String threads(long pid) throws IOException, InterruptedException {
        Process asked = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jstack").toString(),
                Long.toString(pid)).redirectErrorStream(true).start();
        String told = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        asked.waitFor();
        return told;
    }

    /**
     * Waits for what another process does, or for its end; a file's appearing sends no message, so that it is looked
     * for now and then.
     */
    static void await(Process process, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean() && process.isAlive()) {
            assertTrue(System.nanoTime() < end, "it takes too long");
            process.waitFor(1, TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Sends a signal.
     *
     * @param pid    of a process, or less than 0 of a group of them
     * @param signal its name, such as "INT"
     */
    static void signal(long pid, String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, "--", Long.toString(pid)).inheritIO().start().waitFor();
    }
}
