package io.gimbal.ranks;

import io.gimbal.config.Release;
import io.gimbal.config.UserException;
import io.gimbal.storage.Uninterrupted;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The ranks of a training, which have met: they exchange small messages, and know of each other's end.
 *
 * <p><em>Exchanges.</em> All ranks must call the same ones, {@link #broadcast} and {@link #gather}, in the same order;
 * each waits until all others have come to it. A message has at most 16 MiB. The arrays that are handed in and out are
 * the caller's.
 *
 * <p><em>Ends.</em> A rank ends by {@link #close} or, where something went wrong, by {@link #fail}. If one fails, ends
 * without a word, or is silent for 20 s, as a process that is suspended or a host that vanished is, every other knows
 * within 30 s: exchanges that are under way end with a {@link RankLostException}, later ones are refused with it, and
 * {@link #onLoss} is told. Nothing can be exchanged then; what is left is to close. It is not told of ends that come
 * after rank 0's own, through which all is said.
 *
 * <p>Any thread may call it. Exchanges are for one at a time: another thread's is refused while one is under way.
 * Owns its connections and some daemon threads, none of which is left after {@link #close}.
 */
public final class Ranks implements AutoCloseable {
    private static final byte[] NOTHING = {};

    private final int rank;
    private final List<Member> members;
    /** Of rank 0 those to all others, of the others that to rank 0. */
    private final Map<Integer, Connection> connections;
    private final Timing timing;
    private final AtomicBoolean exchanging = new AtomicBoolean();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Integer, Queue<Frame>> arrived = new TreeMap<>();
    /** Ranks that have said their last. */
    private final Set<Integer> gone = new HashSet<>();
    private final List<Consumer<RankLostException>> listeners = new ArrayList<>();
    /** The loss that was noticed first, and is yet to be told to others. */
    private RankLostException noticed;
    /** The same once it is told. */
    private RankLostException loss;
    /** Whether an exchange was broken off, so that no rank knows where this one stands. */
    private boolean brokenOff;
    private boolean closed;

    Ranks(int rank, List<Member> members, Map<Integer, Connection> connections, Timing timing) {
        this.rank = rank;
        this.members = List.copyOf(members);
        this.connections = new TreeMap<>(connections);
        this.timing = timing;
        this.connections.keySet().forEach(other -> arrived.put(other, new ArrayDeque<>()));
    }

    /**
     * Meets the other ranks: as rank 0 by listening, as another by looking for rank 0 until it is there.
     *
     * @param meeting  who meets, and where
     * @param progress told in sentences, in this thread, what is waited for: after 2 s, and then every 10 s; and of
     *                 rank 0 who was not let in
     * @return the ranks that have met, to be closed
     * @throws UserException         if this rank cannot meet the others, or not in time; the message says why and what
     *                               to do: the secret, the number of ranks or the release is another than rank 0's,
     *                               its rank is there already, the host is unknown, the port in use, or somebody is
     *                               missing
     * @throws RankLostException     if rank 0 was met, but gave up
     * @throws IllegalStateException if the thread is interrupted, as it stays marked, with an {@link
     *                               InterruptedException} as its cause
     */
    public static Ranks meet(Meeting meeting, Consumer<String> progress) {
        return meet(meeting, progress, Timing.USUAL, Release.text());
    }

    static Ranks meet(Meeting meeting, Consumer<String> progress, Timing timing, String release) {
        Objects.requireNonNull(progress, "progress is null");
        if (meeting.rank() > 0) {
            return new Joining(meeting, progress, timing, release).meet();
        }
        return MeetingPlace.open(meeting.address()).meet(meeting, progress, timing, release);
    }

    /** {@return which rank this is, from 0} */
    public int rank() {
        return rank;
    }

    /** {@return how many ranks there are, this one among them} */
    public int count() {
        return members.size();
    }

    /**
     * Gives all ranks the message of rank 0.
     *
     * @param mine what rank 0 says, at most 16 MiB; of the others it is not looked at
     * @return what rank 0 said
     * @throws RankLostException     if a rank is lost, or has closed and takes no part
     * @throws IllegalStateException if the thread is interrupted, as it stays marked, with an {@link
     *                               InterruptedException} as its cause: then nothing can be exchanged any more; if
     *                               this is closed, or another thread exchanges; or if ranks call different exchanges
     */
    public byte[] broadcast(byte[] mine) {
        return exchange(FrameKind.BROADCAST, rank == 0 ? mine : NOTHING).getFirst();
    }

    /**
     * Gives all ranks the messages of all.
     *
     * @param mine what this rank says, at most 16 MiB
     * @return what each said, by rank
     * @throws RankLostException     as {@link #broadcast} throws it
     * @throws IllegalStateException likewise
     */
    public List<byte[]> gather(byte[] mine) {
        return exchange(FrameKind.GATHER, mine);
    }

    private List<byte[]> exchange(FrameKind kind, byte[] mine) {
        if (mine.length > Frame.MOST_BYTES) {
            throw new IllegalArgumentException("a message of " + mine.length + " bytes is too long for the ranks: it "
                    + "may have " + Frame.MOST_BYTES);
        }
        if (!exchanging.compareAndSet(false, true)) {
            throw new IllegalStateException("another thread exchanges with the other ranks; one at a time may");
        }
        try {
            requireUsable();
            return rank == 0 ? answerAll(kind, mine.clone()) : ask(kind, mine.clone());
        } catch (InterruptedException e) {
            breakOff();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for other ranks", e);
        } finally {
            exchanging.set(false);
        }
    }

    private void requireUsable() {
        lock.lock();
        try {
            if (closed) {
                throw closedAlready();
            }
            if (loss != null) {
                throw loss.again();
            }
            if (brokenOff) {
                throw new IllegalStateException("an exchange with the other ranks was interrupted, so that none can "
                        + "follow; close, or fail");
            }
        } finally {
            lock.unlock();
        }
    }

    private static IllegalStateException closedAlready() {
        return new IllegalStateException("this rank has closed, and exchanges nothing any more");
    }

    private void breakOff() {
        lock.lock();
        try {
            brokenOff = true;
        } finally {
            lock.unlock();
        }
    }

    /** Rank 0's part: waits for all others, and then gives them what they wait for. */
    private List<byte[]> answerAll(FrameKind kind, byte[] mine) throws InterruptedException {
        List<byte[]> all = new ArrayList<>(List.of(mine));
        for (int other : connections.keySet()) {
            all.add(take(other, kind));
        }
        List<byte[]> results = kind == FrameKind.GATHER ? all : List.of(mine);
        connections.forEach((other, connection) -> {
            for (int from = 0; from < results.size(); from++) {
                if (from != other) {
                    connection.send(FrameKind.RESULT, results.get(from));
                }
            }
        });
        // These are still being sent, while the caller may write into what is returned.
        return results.stream().map(byte[]::clone).toList();
    }

    private List<byte[]> ask(FrameKind kind, byte[] mine) throws InterruptedException {
        connections.get(0).send(kind, mine);
        List<byte[]> all = new ArrayList<>();
        int results = kind == FrameKind.GATHER ? count() : 1;
        for (int from = 0; from < results; from++) {
            all.add(from == rank ? mine : take(0, FrameKind.RESULT));
        }
        return Collections.unmodifiableList(all);
    }

    /** Waits for the next message of a rank. */
    private byte[] take(int from, FrameKind kind) throws InterruptedException {
        Frame message = next(from);
        while (message == null) {
            lost(from, "has closed, though other ranks go on");
            message = next(from);
        }
        if (message.kind() != kind) {
            String mixed = "ranks call different exchanges: rank " + from + " has come to a " + name(message.kind())
                    + " where rank " + rank + " waits for a " + name(kind);
            fail(mixed);
            throw new IllegalStateException(mixed);
        }
        return message.payload();
    }

    private static String name(FrameKind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /** The next message; null where none comes, as the rank has said its last, and nobody has noticed so yet. */
    private Frame next(int from) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            Queue<Frame> waiting = arrived.get(from);
            while (waiting.isEmpty()) {
                if (closed) {
                    throw closedAlready();
                }
                if (loss != null) {
                    throw loss.again();
                }
                if (gone.contains(from) && noticed == null) {
                    return null;
                }
                changed.await();
            }
            return waiting.remove();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has a listener told when a rank is lost; at once if one is already.
     *
     * @param listener called once, on a daemon thread of its own; not called for what comes after this rank has closed
     */
    public void onLoss(Consumer<RankLostException> listener) {
        lock.lock();
        try {
            if (loss == null) {
                listeners.add(listener);
                return;
            }
        } finally {
            lock.unlock();
        }
        call(listener);
    }

    private void call(Consumer<RankLostException> listener) {
        RankLostException told = loss.again();
        Thread.ofPlatform().daemon().name("rank " + rank + ": tells a loss").start(() -> listener.accept(told));
    }

    /**
     * Tells the other ranks why this one ends, and closes. To them it is a loss: "rank 2 (10.0.0.7, pid 123) failed:
     * SENTENCE".
     *
     * @param sentence one complete sentence; beyond 1000 characters it is cut
     */
    public void fail(String sentence) {
        end(FrameKind.FAILED, Sentence.encode(sentence));
    }

    /**
     * Tells the other ranks that this one has done its part, and closes its connections. To them this is no loss,
     * unless they wait for it in an exchange, or do so later. Does nothing if it is closed. Takes no longer than others
     * need to hear it, and where they do not, 2 s.
     */
    @Override
    public void close() {
        end(FrameKind.GOODBYE, NOTHING);
    }

    private void end(FrameKind last, byte[] payload) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        connections.values().forEach(connection -> connection.sendLast(last, payload));
        long moment = System.nanoTime() + timing.farewell().toNanos();
        connections.values().forEach(connection -> connection.closeAfterwards(moment));
    }

    /** A frame of a rank, told by the thread that reads it. */
    void received(int from, Frame frame) {
        byte[] payload = frame.payload();
        switch (frame.kind()) {
            case BROADCAST, GATHER, RESULT -> arrive(from, frame);
            case GOODBYE -> leave(from);
            case FAILED -> {
                lost(from, "failed: " + Sentence.decode(payload));
                connections.get(from).close();
            }
            case LOST -> {
                ByteBuffer told = ByteBuffer.wrap(payload);
                int who = told.getInt();
                lost(who, Sentence.decode(Arrays.copyOfRange(payload, Integer.BYTES, payload.length)));
            }
            case JOINED, MET, HEARTBEAT -> { }
        }
    }

    private void arrive(int from, Frame message) {
        lock.lock();
        try {
            arrived.get(from).add(message);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void leave(int from) {
        lock.lock();
        try {
            gone.add(from);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        connections.get(from).close();
    }

    /** The connection to a rank ended, told by the thread that read it. */
    void ended(int from, String how) {
        if (!isGone(from)) {
            lost(from, how);
        }
    }

    /** Others are told before this rank's program is, which may end the process. */
    private void lost(int who, String how) {
        RankLostException first = new RankLostException(who, members.get(who).describe() + " " + how);
        lock.lock();
        try {
            gone.add(who);
            if (closed || noticed != null) {
                return;
            }
            noticed = first;
        } finally {
            lock.unlock();
        }
        if (rank == 0) {
            tellOthers(who, how);
        }
        List<Consumer<RankLostException>> told;
        lock.lock();
        try {
            loss = first;
            changed.signalAll();
            told = List.copyOf(listeners);
            listeners.clear();
        } finally {
            lock.unlock();
        }
        told.forEach(this::call);
    }

    /** The lost one, too: a process that was suspended learns so why it was given up. */
    private void tellOthers(int who, String how) {
        byte[] sentence = Sentence.encode(how);
        byte[] payload = ByteBuffer.allocate(Integer.BYTES + sentence.length).putInt(who).put(sentence).array();
        List<CountDownLatch> written = new ArrayList<>();
        connections.values().forEach(connection -> written.add(connection.send(FrameKind.LOST, payload)));
        long moment = System.nanoTime() + timing.farewell().toNanos();
        written.forEach(one -> Uninterrupted.await(() -> one.await(moment - System.nanoTime(),
                TimeUnit.NANOSECONDS)));
    }

    /** Whether a rank has said its last, so that nothing more is expected of it. */
    private boolean isGone(int other) {
        lock.lock();
        try {
            return gone.contains(other);
        } finally {
            lock.unlock();
        }
    }

    /** {@return what this rank is, for people} */
    @Override
    public String toString() {
        return members.get(rank).describe() + " of " + count();
    }
}
