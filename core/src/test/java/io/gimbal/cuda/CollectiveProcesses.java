package io.gimbal.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/** The ranks of a communicator as processes, each a {@link CollectiveRank}, and what they print. */
final class CollectiveProcesses implements AutoCloseable {
    private final List<Process> processes = new ArrayList<>();
    private final List<List<String>> printed = new ArrayList<>();

    CollectiveProcesses(Collectives collectives, int ranks, CollectiveRank.Ending ending, String transport) {
        HexFormat hex = HexFormat.of();
        String first = hex.formatHex(collectives.uniqueId());
        String second = hex.formatHex(collectives.uniqueId());
        for (int rank = 0; rank < ranks; rank++) {
            ProcessBuilder builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC", "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED", "-cp",
                    System.getProperty("java.class.path"), "-D" + SoftwareSearch.PROPERTY + "="
                    + System.getProperty(SoftwareSearch.PROPERTY), CollectiveRank.class.getName(), "" + ranks,
                    "" + rank, first, second, ending.name());
            builder.environment().put("GIMBAL_SOFT_TRANSPORT", transport);
            builder.redirectErrorStream(true);
            List<String> lines = new ArrayList<>();
            printed.add(lines);
            try {
                Process process = builder.start();
                processes.add(process);
                Thread.ofPlatform().daemon().start(() -> collect(process, lines));
            } catch (IOException refused) {
                throw new UncheckedIOException(refused);
            }
        }
    }

    private static void collect(Process process, List<String> lines) {
        try {
            process.inputReader().lines().forEach(line -> {
                synchronized (lines) {
                    lines.add(line);
                    lines.notifyAll();
                }
            });
        } catch (UncheckedIOException killed) {
            synchronized (lines) {
                lines.add("killed");
            }
        }
        synchronized (lines) {
            lines.add(null);
            lines.notifyAll();
        }
    }

    /** What a rank prints behind {@code start}; waits for it. */
    String line(int rank, String start) {
        List<String> lines = printed.get(rank);
        synchronized (lines) {
            while (true) {
                for (String line : lines) {
                    if (line == null) {
                        throw new AssertionError("rank " + rank + " has ended without '" + start + "': " + lines);
                    }
                    if (line.startsWith(start)) {
                        return line.substring(start.length());
                    }
                }
                try {
                    lines.wait();
                } catch (InterruptedException late) {
                    throw new AssertionError("rank " + rank + " has not printed '" + start + "': " + lines, late);
                }
            }
        }
    }

    /** The same of all ranks. */
    List<String> lines(String start) {
        return IntStream.range(0, processes.size()).mapToObj(rank -> line(rank, start)).toList();
    }

    /** Kills a rank; its process's number. */
    long kill(int rank) {
        processes.get(rank).destroyForcibly();
        return processes.get(rank).pid();
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
    }
}
