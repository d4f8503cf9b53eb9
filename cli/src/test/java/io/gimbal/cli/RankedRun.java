package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that trains as a rank, with those that it started, in a group of processes of its own, as a terminal starts
 * one.
 */
final class RankedRun implements AutoCloseable {
    /** All that is left of ranks of which one is lost ends by then. */
    static final long SECONDS_TO_END = 30;

    private final Path out;
    private final Path err;
    private final Process process;
    private final Map<Integer, ProcessHandle> children = new TreeMap<>();

    /** Starts it; what it prints goes into files of that folder. */
    RankedRun(Path folder, String... arguments) throws IOException {
        out = Files.createTempFile(folder, "printed", "");
        err = Files.createTempFile(folder, "complained", "");
        List<String> command = new ArrayList<>(List.of("setsid"));
        command.addAll(Processes.unmasked(Processes.java(arguments)));
        process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    }

    /** Waits until the metrics have so many lines, and all ranks are there. */
    RankedRun awaitEpochs(int epochs, Path run) throws InterruptedException {
        Processes.await(process, () -> lines(run.resolve("metrics.jsonl")) >= epochs);
        assertTrue(process.isAlive(), () -> "it has ended: " + err() + out());
        return findChildren();
    }

    /** Waits until a file is written, or its end. */
    void awaitNext(Path file) throws InterruptedException {
        FileTime before = written(file);
        Processes.await(process, () -> !written(file).equals(before));
    }

    private static FileTime written(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException notThere) {
            return FileTime.fromMillis(0);
        }
    }

    /** Waits for some time, or for its end, and finds those that it has started. */
    RankedRun awaitMilliseconds(long milliseconds) throws InterruptedException {
        process.waitFor(milliseconds, TimeUnit.MILLISECONDS);
        return findChildren();
    }

    private RankedRun findChildren() {
        process.children().forEach(child -> rank(child).ifPresent(rank -> children.put(rank, child)));
        return this;
    }

    /** Whether there is a process of that rank. */
    boolean has(int rank) {
        return rank == 0 || children.containsKey(rank);
    }

    /** Waits until it has printed that. */
    RankedRun awaitPrinted(String part) throws InterruptedException {
        Processes.await(process, () -> out().contains(part));
        assertTrue(process.isAlive(), () -> "it has ended: " + err() + out());
        return this;
    }

    /**
     * Which rank a process is, once it is one. The virtual machine's own list of a process's arguments is cut behind a
     * long class path.
     */
    private static Optional<Integer> rank(ProcessHandle child) {
        try {
            List<String> arguments = Arrays.asList(Files.readString(Path.of("/proc", Long.toString(child.pid()),
                    "cmdline")).split("\0"));
            int option = arguments.indexOf("--rank");
            return option < 0 ? Optional.empty() : Optional.of(Integer.parseInt(arguments.get(option + 1)));
        } catch (IOException ended) {
            return Optional.empty();
        }
    }

    private static long lines(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file).lines().count() : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a signal to one rank. */
    void signal(int rank, String signal) throws IOException, InterruptedException {
        Processes.signal(rank == 0 ? process.pid() : children.get(rank).pid(), signal);
    }

    /** Sends a signal to all of them, as a terminal does. */
    void signalAll(String signal) throws IOException, InterruptedException {
        Processes.signal(-process.pid(), signal);
    }

    /** All of them end soon, rank 0 with that code. */
    RankedRun endsSoon(int code) throws IOException, InterruptedException {
        endsSoon();
        return ended(code);
    }

    /** All of them end soon; returns rank 0's code. */
    int endsSoon() throws IOException, InterruptedException {
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(SECONDS_TO_END);
        if (!process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            fail("rank 0 goes on: " + Processes.threads(process.pid()));
        }
        double first = (System.nanoTime() - begin) / 1e9;
        for (Map.Entry<Integer, ProcessHandle> child : children.entrySet()) {
            try {
                child.getValue().onExit().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException goesOn) {
                fail("rank " + child.getKey() + " goes on: " + Processes.threads(child.getValue().pid()));
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        System.out.printf("Rank 0 ended after %.2f s with code %d, all after %.2f s: %s%n", first, process.exitValue(),
                (System.nanoTime() - begin) / 1e9, err().strip());
        return process.exitValue();
    }

    /** It ends by itself with that code. */
    RankedRun ends(int code) throws IOException, InterruptedException {
        Processes.end(process);
        return ended(code);
    }

    private RankedRun ended(int code) {
        assertEquals(code, process.exitValue(), () -> err() + out());
        assertFalse(err().contains("\tat ") || err().contains("Exception") || err().contains("defect"), this::err);
        return this;
    }

    /** What it complained of is one line, which has all of these in it. */
    RankedRun complained(String... parts) {
        assertEquals(1, err().lines().count(), this::err);
        for (String part : parts) {
            assertTrue(err().contains(part), () -> "'" + part + "' is not in: " + err());
        }
        return this;
    }

    String out() {
        return read(out);
    }

    String err() {
        return read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        children.values().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
