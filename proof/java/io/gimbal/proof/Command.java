package io.gimbal.proof;

import io.gimbal.proof.page.TextFile;
import io.gimbal.report.ProgressBar;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process of the proof: what it says goes to files, and it ends in time or is ended. Not thread-safe. */
public final class Command {
    private static final int PATIENCE_SECONDS = 3;

    private final String name;
    private final List<String> words;
    private final Map<String, String> environment = new LinkedHashMap<>();

    /** @param name what it does, for the progress and the names of its files */
    public Command(String name, List<String> words) {
        this.name = name;
        this.words = List.copyOf(words);
    }

    Command with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /**
     * How it ended.
     *
     * @param status   its exit code; -1 where it was ended for want of time
     * @param seconds  that it took
     * @param output   what it printed on standard output
     * @param messages what it said on standard error
     */
    public record Ended(int status, double seconds, Path output, Path messages) {
        public boolean done() {
            return status == 0;
        }

        public boolean outOfTime() {
            return status < 0;
        }

        /** Why it failed, in few words: the last line that it said. */
        public String reason() {
            if (outOfTime()) {
                return "not done after " + Math.round(seconds) + " s; see logs/" + messages.getFileName();
            }
            List<String> lines = new ArrayList<>(lines(output));
            lines.addAll(lines(messages));
            String last = lines.stream().filter(line -> !line.isBlank()).reduce((before, line) -> line).orElse("");
            return "exit code " + status + (last.isEmpty() ? "" : ": " + last.strip()) + "; see logs/"
                    + messages.getFileName();
        }

        public List<String> lines() {
            return lines(output);
        }

        private static List<String> lines(Path file) {
            try {
                // Whatever a process prints is read: bytes that are no UTF-8 must not stop the proof.
                return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
            } catch (IOException unreadable) {
                return List.of();
            }
        }
    }

    /**
     * Runs it, and shows how long it takes.
     *
     * @param logs    where its output is kept
     * @param seconds after which it is ended, with all that it started
     */
    public Ended run(Path logs, long seconds) {
        String file = TextFile.named(name);
        Path output = logs.resolve(file + ".out");
        Path messages = logs.resolve(file + ".err");
        long begin = System.nanoTime();
        if (seconds <= 0) {
            return notStarted(output, messages);
        }
        ProcessBuilder builder = new ProcessBuilder(words).redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(output.toFile()).redirectError(messages.toFile());
        builder.environment().putAll(environment);
        try {
            int status = await(builder.start(), seconds);
            return new Ended(status, (System.nanoTime() - begin) / 1e9, output, messages);
        } catch (IOException failure) {
            throw new ProofException(words.getFirst() + " cannot be started: " + failure.getMessage());
        } catch (InterruptedException interruption) {
            Thread.currentThread().interrupt();
            throw new ProofException("interrupted during " + name);
        }
    }

    private static Ended notStarted(Path output, Path messages) {
        TextFile.write(output, "");
        TextFile.write(messages, "not started: the phase's time was over\n");
        return new Ended(-1, 0, output, messages);
    }

    private int await(Process process, long seconds) throws InterruptedException {
        try (ProgressBar bar = ProgressBar.of(name + ", seconds", seconds)) {
            for (long second = 0; second < seconds; second++) {
                if (process.waitFor(1, TimeUnit.SECONDS)) {
                    return process.exitValue();
                }
                bar.stepTo(second + 1);
            }
            return -1;
        } finally {
            end(process);
        }
    }

    /** Ends it and all that it started; waits for them, since they may hold the device. */
    private static void end(Process process) throws InterruptedException {
        if (!process.isAlive()) {
            return;
        }
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        for (int tenths = 0; tenths < 10 * PATIENCE_SECONDS; tenths++) {
            if (all.stream().noneMatch(ProcessHandle::isAlive)) {
                return;
            }
            Thread.sleep(100);
        }
    }
}
