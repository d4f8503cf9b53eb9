package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, disabledReason = "signals are sent by kill, to a process that GNU's env starts")
class StopSignalsTest {
    /** A program that tells of the first signal, and does not end by it. */
    static final class Stubborn {
        private Stubborn() {}

        public static void main(String[] arguments) {
            try (StopSignals signals = new StopSignals()) {
                System.out.println("ready");
                while (!Thread.interrupted()) {
                    LockSupport.parkNanos(1_000_000);
                }
                System.out.println("asked with " + signals.exitCode());
                while (true) {
                    LockSupport.park();
                    Thread.interrupted();
                }
            }
        }
    }

    private static Process start(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT,TERM,HUP",
                System.getProperty("java.home") + "/bin/java"));
        command.addAll(List.of(options));
        command.addAll(List.of("-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), Stubborn.class.getName()));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static void send(Process process, String signal) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor());
    }

    private static void endsWith(Process process, int code) throws InterruptedException {
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it goes on");
        assertEquals(code, process.exitValue());
    }

    @Test
    void theFirstSignalInterruptsAndTheSecondEndsAtOnce() throws IOException, InterruptedException {
        Process process = start();
        try (BufferedReader said = process.inputReader()) {
            assertEquals("ready", said.readLine());
            send(process, "TERM");
            List<String> lines = new ArrayList<>(List.of(said.readLine(), said.readLine(), said.readLine()));
            assertTrue(lines.contains("gimbal: stopping after the step under way; a second signal ends at once"),
                    lines::toString);
            assertTrue(lines.contains("asked with " + Optional.of(143)), lines::toString);
            assertTrue(process.isAlive());
            send(process, "INT");
            endsWith(process, 130);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void whereTheVirtualMachineLeavesSignalsAloneTheyEndItAsEver() throws IOException, InterruptedException {
        Process process = start("-Xrs");
        try (BufferedReader said = process.inputReader()) {
            assertEquals("ready", said.readLine());
            send(process, "TERM");
            endsWith(process, 143);
        } finally {
            process.destroyForcibly();
        }
    }
}
