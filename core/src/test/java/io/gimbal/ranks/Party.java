package io.gimbal.ranks;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Ranks of one process, each a thread's, which meet at a free port of this machine. */
final class Party implements AutoCloseable {
    static final Duration MILLISECOND = Duration.ofMillis(1);
    static final Timing TIMING = new Timing(MILLISECOND.multipliedBy(100), Duration.ofSeconds(20),
            Duration.ofSeconds(5), MILLISECOND.multipliedBy(20), MILLISECOND.multipliedBy(100),
            MILLISECOND.multipliedBy(100), Duration.ofSeconds(2));
    static final String RELEASE = "Gimbal of a test";
    static final Consumer<String> SILENT = sentence -> { };
    private static final int LONGEST_SECONDS = 60;
    private static final AtomicLong ASKERS = new AtomicLong();

    final int count;
    final Timing timing;
    final Secret secret = Secret.random();
    final Duration patience;
    final MeetingPlace place;
    private final ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor();

    Party(int count) {
        this(count, TIMING, Duration.ofSeconds(LONGEST_SECONDS));
    }

    Party(int count, Timing timing, Duration patience) {
        this(count, timing, patience, "127.0.0.1");
    }

    Party(int count, Timing timing, Duration patience, String host) {
        this.count = count;
        this.timing = timing;
        this.patience = patience;
        place = MeetingPlace.open(new Address(host, 0));
    }

    Meeting meeting(int rank) {
        return new Meeting(rank, count, place.address(), secret, patience);
    }

    /** In a thread of its own. */
    <T> Future<T> begin(Callable<T> work) {
        return pool.submit(work);
    }

    Future<Ranks> begin(int rank) {
        return begin(rank, SILENT);
    }

    Future<Ranks> begin(int rank, Consumer<String> progress) {
        return begin(() -> rank == 0 ? place.meet(meeting(0), progress, timing, RELEASE)
                : Ranks.meet(meeting(rank), progress, timing, RELEASE));
    }

    /** All of them, which have met. */
    List<Ranks> meet() {
        return all(IntStream.range(0, count).mapToObj(this::begin).toList());
    }

    /** What all of these come to. */
    static <T> List<T> all(List<Future<T>> futures) {
        List<T> results = new ArrayList<>();
        futures.forEach(future -> results.add(result(future)));
        return results;
    }

    static <T> T result(Future<T> future) {
        try {
            return future.get(LONGEST_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new IllegalStateException("it hangs", e);
        }
    }

    /** Lets each rank do something, at the same time, and gives what comes of it. */
    <T> List<T> together(List<Ranks> ranks, Function<Ranks, T> work) {
        return all(ranks.stream().map(one -> begin(() -> work.apply(one))).toList());
    }

    static void close(List<Ranks> ranks) {
        ranks.forEach(Ranks::close);
    }

    /** A rank of which only the handshake is done: it sends nothing by itself, and its socket is in the test's hand. */
    record Raw(Socket socket, SessionKeys keys) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    Raw raw(int rank) throws IOException {
        Socket socket = socket();
        Raw raw = new Raw(socket, join(socket, meeting(rank)));
        new FrameOutput(socket.getOutputStream(), raw.keys().toRankZero()).write(FrameKind.JOINED, new byte[0]);
        return raw;
    }

    /** The handshake alone. */
    SessionKeys join(Socket socket, Meeting meeting) throws IOException {
        return Handshake.join(socket, meeting, new Hello(meeting.rank(), meeting.ranks(),
                ProcessHandle.current().pid(), ASKERS.incrementAndGet(), RELEASE), timing);
    }

    Socket socket() throws IOException {
        return new Socket(place.address().host(), place.address().port());
    }

    @Override
    public void close() {
        place.close();
        pool.shutdownNow();
    }
}
