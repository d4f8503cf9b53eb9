package io.gimbal.cli;

import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.SoftDevice;
import io.gimbal.ranks.Address;
import io.gimbal.ranks.MeetingPlace;
import io.gimbal.ranks.RankLostException;
import io.gimbal.ranks.Ranks;
import io.gimbal.ranks.Secret;
import io.gimbal.storage.Uninterrupted;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The ranks that a command starts on this machine, of which it is rank 0: processes of the same command, each with a
 * GPU of its own or its share of the processors.
 */
final class LocalRanks implements AutoCloseable {
    /** The hidden option of a process that was started so. */
    static final String STARTED = "--started-by-rank-0";

    private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";
    private static final int MOST_LINES = 200;
    private static final Duration TO_END = Duration.ofSeconds(10);
    /** For one that is lost, maybe since it stands still. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    /** What a command's sentence about its failure begins with. */
    private static final String SENTENCE = "gimbal: ";

    private final int count;
    private final List<Process> processes = new ArrayList<>();
    /** What each has written, the last lines of it. */
    private final List<List<String>> lines = new ArrayList<>();
    private final List<Thread> readers = new ArrayList<>();

    private LocalRanks(int count) {
        this.count = count;
    }

    /**
     * Starts the other ranks, and meets them.
     *
     * @param arguments of this command, which the others get
     * @param device    this rank's; a software device is given its share of the processors
     * @param progress  told what is waited for
     */
    static Met start(int count, List<String> arguments, Device device, Consumer<String> progress) {
        LocalRanks started = new LocalRanks(count);
        Secret secret = Secret.random();
        try (MeetingPlace place = MeetingPlace.open(new Address("127.0.0.1", 0))) {
            started.start(arguments, device, secret, place.address());
            return new Met(started, started.meet(place, secret, progress));
        } catch (RuntimeException | Error failure) {
            started.close();
            throw failure;
        }
    }

    /**
     * Ends this process as soon as the one that started it has ended, however it did: until the ranks have met, nothing
     * else tells. That one holds the other end of this one's standard input, and writes nothing into it.
     */
    static void endWithStarter() {
        Thread.ofPlatform().daemon().name("waits for the end of rank 0").start(() -> {
            try {
                System.in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException ended) {
                // Nobody holds the other end, either.
            }
            Runtime.getRuntime().halt(1);
        });
    }

    /** The processes, and the ranks that they are. */
    record Met(LocalRanks processes, Ranks ranks) {}

    private void start(List<String> arguments, Device device, Secret secret, Address address) {
        List<String> own = command(arguments.size());
        List<String> visible = device.soft() ? List.of() : gpus(device);
        int threads = device.softDevice().map(this::share).orElse(0);
        for (int rank = 1; rank < count; rank++) {
            List<String> command = new ArrayList<>(own);
            command.addAll(withoutRanks(arguments));
            command.addAll(List.of("--rank", Integer.toString(rank), "--of", Integer.toString(count), "--meet",
                    address.toString(), STARTED));
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            secret.giveTo(builder.environment());
            if (device.soft()) {
                builder.environment().put(SoftDevice.THREADS, Integer.toString(threads));
            } else {
                builder.environment().put(VISIBLE, visible.get(rank));
            }
            start(rank, builder);
        }
    }

    private int share(SoftDevice soft) {
        int threads = Math.max(1, soft.threads() / count);
        soft.threads(threads);
        return threads;
    }

    /** One for each rank, as the processes are told them; this one's is the first. */
    private List<String> gpus(Device device) {
        String told = System.getenv(VISIBLE);
        int there = device.driver().deviceCount();
        if (there < count) {
            throw new UserException("--ranks is " + count + ", and this process sees " + there
                    + " GPUs; each rank needs one of its own" + (told == null ? "" : " (" + VISIBLE + " is " + told
                    + ")"));
        }
        return told != null ? Arrays.stream(told.split(",")).map(String::strip).toList()
                : IntStream.range(0, there).mapToObj(Integer::toString).toList();
    }

    private void start(int rank, ProcessBuilder builder) {
        try {
            Process process = builder.start();
            List<String> written = new ArrayList<>();
            processes.add(process);
            lines.add(written);
            readers.add(Thread.ofVirtual().name("output of rank " + rank).start(() -> read(process, written)));
        } catch (IOException e) {
            throw new UncheckedIOException("rank " + rank + " cannot be started: " + e.getMessage(), e);
        }
    }

    private static void read(Process process, List<String> written) {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                synchronized (written) {
                    if (written.size() == MOST_LINES) {
                        written.removeFirst();
                    }
                    written.add(line);
                }
            }
        } catch (IOException ended) {
            // What it wrote before is told all the same.
            return;
        }
    }

    /** A process that ends before it has met the others will not come. */
    private Ranks meet(MeetingPlace place, Secret secret, Consumer<String> progress) {
        EarlyEnd early = new EarlyEnd(Thread.currentThread());
        for (int rank = 1; rank < count; rank++) {
            int number = rank;
            processes.get(rank - 1).onExit().thenRun(() -> early.tell(number));
        }
        try {
            return place.meet(count, secret, RankOptions.PATIENCE, progress);
        } catch (IllegalStateException interrupted) {
            int rank = early.rank();
            if (rank == 0) {
                throw interrupted;
            }
            throw new IllegalStateException("rank " + rank + " ended before it had met the others" + complaint(rank),
                    interrupted);
        } finally {
            early.close();
        }
    }

    /** Interrupts a thread that waits for the ranks when one of them has ended; once they have met, they tell it. */
    private static final class EarlyEnd implements AutoCloseable {
        private final Thread waiting;
        private int rank;
        private boolean closed;

        EarlyEnd(Thread waiting) {
            this.waiting = waiting;
        }

        synchronized void tell(int ended) {
            if (!closed && rank == 0) {
                rank = ended;
                waiting.interrupt();
            }
        }

        /** The one that has ended; 0 where none has. */
        synchronized int rank() {
            return rank;
        }

        /** Of the waiting thread: an interrupt that it did not notice is taken back. */
        @Override
        public synchronized void close() {
            closed = true;
            if (rank > 0) {
                Thread.interrupted();
            }
        }
    }

    /** What a lost rank wrote of its end, behind a colon, where it did not tell the others so itself. */
    String complaint(RankLostException lost) {
        if (lost.rank() == 0) {
            return "";
        }
        String complaint = complaint(lost.rank());
        return lost.getMessage().endsWith(complaint) ? "" : complaint;
    }

    /**
     * What a rank that has ended wrote of it, behind a colon: its sentence, or, where it had none (as when it was
     * killed, or its virtual machine could not start), its last lines; empty where it wrote nothing.
     */
    private String complaint(int rank) {
        end(processes.get(rank - 1), System.nanoTime() + LAST_WORDS.toNanos());
        Uninterrupted.await(() -> readers.get(rank - 1).join(LAST_WORDS));
        List<String> written = lines.get(rank - 1);
        synchronized (written) {
            return written.stream().filter(line -> line.startsWith(SENTENCE)).findFirst()
                    .map(line -> ": " + line.substring(SENTENCE.length()))
                    .orElse(String.join("", written.stream().takeWhile(line -> !line.startsWith("Usage:"))
                            .map(line -> "\n  rank " + rank + ": " + line).toList()));
        }
    }

    /** The command that started this process, up to Gimbal's own arguments: its Java, with its options. */
    private static List<String> command(int arguments) {
        try {
            // Each argument ends with a zero, the last one, too; an argument may be empty.
            String[] all = Files.readString(Path.of("/proc/self/cmdline")).split("\0", -1);
            List<String> command = new ArrayList<>(List.of(all).subList(0, all.length - 1 - arguments));
            command.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
            return command;
        } catch (IOException e) {
            throw new UncheckedIOException("how this process was started cannot be read, so that no other rank can be "
                    + "started like it: start the ranks by hand, with --rank, --of and --meet", e);
        }
    }

    private static List<String> withoutRanks(List<String> arguments) {
        List<String> others = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals("--ranks")) {
                i++;
            } else if (!argument.startsWith("--ranks=")) {
                others.add(argument);
            }
        }
        return others;
    }

    /** Waits for the other ranks, which end when this one has; those that do not are ended. */
    @Override
    public void close() {
        long moment = System.nanoTime() + TO_END.toNanos();
        processes.forEach(process -> end(process, moment));
    }

    /** Waits until a process has ended, and ends it at that moment, by {@link System#nanoTime}. */
    private static void end(Process process, long moment) {
        Uninterrupted.await(() -> {
            if (!process.waitFor(moment - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
            }
        });
    }
}
