package io.gimbal.ranks;

import io.gimbal.config.UserException;
import io.gimbal.storage.Uninterrupted;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Rank 0's side of a meeting: lets in who proves to be one of the ranks, until all are there.
 *
 * <p>Whoever connects has a virtual thread and little time to prove itself. Of those that have not yet, the oldest is
 * turned away where there are too many: a rank needs no longer than its messages take, so it is those who stall that
 * go.
 */
final class Reception {
    private static final int MOST_UNPROVEN = 64;
    private static final int MOST_NOTES = 50;
    private static final String FREE_AGAIN = "; its place is free again";
    private static final Duration OUT_OF_SOCKETS = Duration.ofMillis(100);

    private final ServerSocket server;
    private final Meeting meeting;
    private final Timing timing;
    private final String release;
    private final Consumer<String> progress;
    private final Patience patience;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Socket> unproven = new LinkedHashSet<>();
    /** Of those who are let in, and of those who are being told that they are. */
    private final Map<Integer, Place> places = new TreeMap<>();
    /** For {@link #progress}, which only the meeting thread calls. */
    private final Queue<String> notes = new ArrayDeque<>();
    private int noted;
    private boolean over;
    /** Set once all have met. */
    private Ranks ranks;

    Reception(ServerSocket server, Meeting meeting, Consumer<String> progress, Timing timing, String release) {
        this.server = server;
        this.meeting = meeting;
        this.progress = progress;
        this.timing = timing;
        this.release = new Hello(0, 0, 0, 0, release).asTold().release();
        patience = new Patience(meeting.patience(), timing, progress);
    }

    /** Waits until all have met. */
    Ranks meet() {
        Thread listening = Thread.ofVirtual().name("rank 0: meets").start(this::accept);
        try {
            while (true) {
                Ranks met = await();
                if (met != null) {
                    return met;
                }
                if (patience.left() <= 0) {
                    throw new UserException(missed());
                }
                patience.note(this::waiting);
            }
        } catch (InterruptedException e) {
            turnAway("was interrupted while it waited for " + missing());
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while meeting other ranks", e);
        } catch (RuntimeException | Error e) {
            turnAway(e instanceof UserException ? e.getMessage() : "it ended before all had met");
            throw e;
        } finally {
            end();
            // The port is not free before.
            Uninterrupted.await(listening::join);
        }
    }

    /** Waits until something is to be done, and returns the ranks where all have met. */
    private Ranks await() throws InterruptedException {
        List<String> told = new ArrayList<>();
        lock.lockInterruptibly();
        try {
            if (!complete() && notes.isEmpty()) {
                changed.awaitNanos(patience.untilNext());
            }
            told.addAll(notes);
            notes.clear();
            if (complete()) {
                begin();
            }
        } finally {
            lock.unlock();
        }
        told.forEach(progress);
        return ranks;
    }

    private boolean complete() {
        return places.values().stream().filter(place -> place.joined).count() == meeting.ranks() - 1;
    }

    /** Under the lock, behind which whatever comes from a rank waits: what all are told first is that all have met. */
    private void begin() {
        List<Member> all = new ArrayList<>();
        all.add(new Member(0, meeting.address().host(), ProcessHandle.current().pid()));
        Map<Integer, Connection> connections = new TreeMap<>();
        places.forEach((rank, place) -> {
            all.add(place.member());
            connections.put(rank, place.connection);
        });
        ranks = new Ranks(0, all, connections, timing);
        byte[] table = MemberTable.encode(all);
        connections.values().forEach(connection -> connection.send(FrameKind.MET, table));
    }

    private void turnAway(String why) {
        List<Connection> all;
        lock.lock();
        try {
            over = true;
            all = places.values().stream().map(place -> place.connection).filter(Objects::nonNull).toList();
        } finally {
            lock.unlock();
        }
        all.forEach(connection -> connection.sendLast(FrameKind.FAILED, Sentence.encode(why)));
        long moment = System.nanoTime() + timing.farewell().toNanos();
        all.forEach(connection -> connection.closeAfterwards(moment));
    }

    private void end() {
        List<Socket> rest;
        lock.lock();
        try {
            over = true;
            rest = List.copyOf(unproven);
        } finally {
            lock.unlock();
        }
        close(server);
        rest.forEach(Reception::close);
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = server.accept();
                if (!enter(socket)) {
                    return;
                }
                Thread.ofVirtual().name("rank 0: meets " + socket.getRemoteSocketAddress())
                        .start(() -> receive(socket));
            } catch (IOException e) {
                if (server.isClosed()) {
                    return;
                }
                // Such as too many open files: what is open is closed sooner or later.
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(OUT_OF_SOCKETS);
        } catch (InterruptedException nobodys) {
            // Nobody has this thread.
        }
    }

    /** Counts a socket among the unproven, unless the meeting is over. */
    private boolean enter(Socket socket) {
        Socket oldest = null;
        lock.lock();
        try {
            if (over) {
                close(socket);
                return false;
            }
            if (unproven.size() == MOST_UNPROVEN) {
                oldest = unproven.iterator().next();
                unproven.remove(oldest);
            }
            unproven.add(socket);
        } finally {
            lock.unlock();
        }
        if (oldest != null) {
            close(oldest);
        }
        return true;
    }

    private void receive(Socket socket) {
        String host = socket.getInetAddress().getHostAddress();
        Place place = new Place(host);
        boolean admitted = false;
        try {
            socket.setTcpNoDelay(true);
            SessionKeys keys = Handshake.admit(socket, meeting.secret(), timing, place::take);
            admitted = place.fill(new Connection(socket, keys.fromRankZero(), keys.toRankZero(), timing), socket);
        } catch (Handshake.StrangerException stranger) {
            note("who came from " + host + " was not let in: " + stranger.getMessage());
        } catch (IOException gone) {
            note("who came from " + host + " was not let in: its connection ended, or stalled, before it had proven "
                    + "that it is a rank");
        } finally {
            if (!admitted) {
                place.free();
                close(socket);
            }
            left(socket);
        }
    }

    /** The place of the rank that a connection proves to be; and what is told of that connection. */
    private final class Place implements Connection.Listener {
        private final String host;
        private Hello who;
        private Connection connection;
        /** Whether the rank knows that it has the place. */
        private boolean joined;

        Place(String host) {
            this.host = host;
        }

        Member member() {
            return new Member(who.rank(), host, who.pid());
        }

        /** Takes the place for who asks, or says why it cannot have it. */
        String take(Hello hello) {
            lock.lock();
            try {
                String why = refusal(hello);
                if (why.isEmpty()) {
                    who = hello;
                    Place former = places.put(hello.rank(), this);
                    if (former != null && former.connection != null) {
                        former.connection.close();
                    }
                }
                return why;
            } finally {
                lock.unlock();
            }
        }

        private String refusal(Hello hello) {
            int rank = hello.rank();
            if (!hello.release().equals(release)) {
                return "rank " + rank + " runs " + hello.release() + " and rank 0 " + release
                        + "; all ranks must run the same release";
            }
            if (hello.ranks() != meeting.ranks()) {
                return "rank " + rank + " was told that there are " + hello.ranks() + " ranks, and rank 0 that there "
                        + "are " + meeting.ranks() + "; all must be told the same number";
            }
            if (rank < 1 || rank >= meeting.ranks()) {
                return "its rank is " + rank + ", but beside rank 0 there are 1 to " + (meeting.ranks() - 1);
            }
            Place there = places.get(rank);
            if (ranks != null || there != null && there.who.asker() != hello.asker()) {
                return "rank " + rank + " is there already, as process " + there.who.pid() + " of " + there.host
                        + ", and process " + hello.pid() + " of " + host + " was started as the same; each process "
                        + "must have a rank of its own";
            }
            return "";
        }

        /** Begins to speak with the rank, unless the meeting is over, or this was turned away meanwhile. */
        boolean fill(Connection given, Socket socket) {
            lock.lock();
            try {
                if (over || !unproven.remove(socket) || !isMine()) {
                    return false;
                }
                connection = given;
                connection.start("rank 0 and rank " + who.rank(), this);
                return true;
            } finally {
                lock.unlock();
            }
        }

        private boolean isMine() {
            return who != null && places.get(who.rank()) == this;
        }

        /** Gives the place up, and returns whether it had it. */
        boolean free() {
            lock.lock();
            try {
                boolean had = isMine() && ranks == null;
                if (had) {
                    places.remove(who.rank());
                }
                return had;
            } finally {
                lock.unlock();
            }
        }

        private void join() {
            lock.lock();
            try {
                joined = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void received(Frame frame) {
            if (frame.kind() == FrameKind.JOINED) {
                join();
            } else if (frame.kind() == FrameKind.FAILED && free()) {
                note(member().describe() + " was met and has failed: " + Sentence.decode(frame.payload())
                        + FREE_AGAIN);
            } else {
                ifMet(met -> met.received(who.rank(), frame));
            }
        }

        @Override
        public void ended(String how) {
            // All may have met at any moment: either the place is given up before that, or the ranks are told.
            if (!free()) {
                ifMet(met -> met.ended(who.rank(), how));
            } else if (joined) {
                note(member().describe() + " was met, but " + how + " before all others were" + FREE_AGAIN);
            }
        }

        /** Tells the ranks that have met, where this is one of them. */
        private void ifMet(Consumer<Ranks> work) {
            Ranks met;
            lock.lock();
            try {
                met = isMine() ? ranks : null;
            } finally {
                lock.unlock();
            }
            if (met != null) {
                work.accept(met);
            }
        }
    }

    private void left(Socket socket) {
        lock.lock();
        try {
            unproven.remove(socket);
        } finally {
            lock.unlock();
        }
    }

    /** Whoever floods this port with nonsense shall not flood the progress. */
    private void note(String sentence) {
        lock.lock();
        try {
            noted++;
            if (noted <= MOST_NOTES) {
                notes.add(noted < MOST_NOTES ? sentence : sentence + " (no more of this kind is told)");
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private String waiting() {
        return "waiting for " + missing() + " of " + meeting.ranks() + " at " + meeting.address();
    }

    private String missed() {
        return missing() + " of " + meeting.ranks() + " did not come to " + meeting.address() + " within "
                + patience.describe() + ". See what they say themselves; each must be started as a rank of its own, "
                + "with this address, the same number of ranks and the same secret, where this machine can be reached.";
    }

    /** "rank 2", "ranks 2 and 3". */
    private String missing() {
        lock.lock();
        try {
            List<String> names = IntStream.range(1, meeting.ranks())
                    .filter(rank -> !places.containsKey(rank) || !places.get(rank).joined)
                    .mapToObj(Integer::toString).toList();
            return names.size() == 1 ? "rank " + names.getFirst() : "ranks "
                    + String.join(", ", names.subList(0, Math.max(0, names.size() - 1)))
                    + (names.isEmpty() ? "" : " and " + names.getLast());
        } finally {
            lock.unlock();
        }
    }

    private static void close(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception closed) {
            // It is of no more use either way.
        }
    }
}
