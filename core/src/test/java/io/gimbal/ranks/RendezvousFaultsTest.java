package io.gimbal.ranks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random faults between ranks that want to meet: each ends in a sentence or leaves the meeting as it was, nobody is let
 * in who should not be, and nothing hangs.
 */
class RendezvousFaultsTest {
    private static final int FAULTS_AT_RANK_ZERO = 600;
    private static final int FAULTS_ON_THE_WAY = 400;
    private static final int AT_A_TIME = 24;
    private static final int GREETING_BYTES = 44;
    private static final int HELLO_BYTES = 164;
    private static final int ANSWER_BYTES = 36;
    private static final long SEED = 20_250_301L;
    private static final Timing TIMING = new Timing(Duration.ofMillis(100), Duration.ofSeconds(20),
            Duration.ofMillis(200), Duration.ofMillis(10), Duration.ofSeconds(5), Duration.ofSeconds(5),
            Duration.ofMillis(500));

    /** Does all of the work, some at a time. */
    private static void each(Party party, List<Callable<Void>> work) {
        Semaphore places = new Semaphore(AT_A_TIME);
        Party.all(work.stream().<Future<Void>>map(one -> party.begin(() -> {
            places.acquire();
            try {
                return one.call();
            } finally {
                places.release();
            }
        })).toList());
    }

    /** What a stranger tries at rank 0. */
    private enum Attempt { GARBAGE, PART_OF_A_HELLO, CHANGED_HELLO, OTHER_SECRET, REPLAYED, STALLED, OVERSIZE }

    private static void attempt(Party party, Attempt kind, Random random, byte[] recorded) throws IOException {
        int rank = 1 + random.nextInt(party.count - 1);
        try (Socket socket = party.socket()) {
            socket.setSoTimeout(5000);
            OutputStream out = socket.getOutputStream();
            byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            switch (kind) {
                case GARBAGE -> out.write(bytes);
                case PART_OF_A_HELLO -> out.write(Arrays.copyOf(recorded, random.nextInt(HELLO_BYTES)));
                case CHANGED_HELLO -> changedHello(party, socket, random, rank);
                case OTHER_SECRET -> refused(() -> party.join(socket, new Meeting(rank, party.count,
                        party.place.address(), Secret.random(), party.patience)));
                case REPLAYED -> out.write(recorded);
                case STALLED -> {
                    out.write(Arrays.copyOf(recorded, random.nextInt(HELLO_BYTES)));
                    socket.getInputStream().readAllBytes();
                }
                case OVERSIZE -> oversize(party, socket, random);
                default -> throw new AssertionError(kind);
            }
            if (random.nextBoolean()) {
                socket.setSoLinger(true, 0);
            }
        } catch (IOException cut) {
            // Rank 0 has had enough of it, which is what is wanted.
        }
    }

    private static void refused(Callable<SessionKeys> join) {
        try {
            join.call();
        } catch (UserException | IOException sentence) {
            return;
        } catch (Exception other) {
            throw new AssertionError("no sentence", other);
        }
        throw new AssertionError("it was let in");
    }

    /** A true hello, of which one bit is another. */
    private static void changedHello(Party party, Socket socket, Random random, int rank) throws IOException {
        try (Relay relay = new Relay(party, new Fault(Way.TO_RANK_ZERO, random.nextInt(HELLO_BYTES), What.CHANGED,
                random.nextInt(8), 1))) {
            try (Socket through = new Socket(relay.address().host(), relay.address().port())) {
                refused(() -> party.join(through, party.meeting(rank)));
            }
        }
    }

    /** A rank that knows the secret, and then sends what is no frame. Its rank is one that nobody else tries. */
    private static void oversize(Party party, Socket socket, Random random) throws IOException {
        try {
            party.join(socket, party.meeting(party.count - 1));
        } catch (UserException twice) {
            assertTrue(twice.getMessage().contains("is there already"), twice.getMessage());
            return;
        }
        socket.getOutputStream().write(Arrays.copyOf(new byte[] {(byte) random.nextInt(256), -1, -1, -1, 0},
                Frame.HEAD_BYTES + Seal.BYTES));
        socket.getInputStream().readAllBytes();
    }

    @Test
    @Timeout(120)
    void whateverStrangersTryTheTrueRanksMeet() throws IOException {
        try (Party party = new Party(4, TIMING, Duration.ofSeconds(100))) {
            byte[] recorded = recorded();
            Future<Ranks> zero = party.begin(0);
            List<Callable<Void>> attempts = new ArrayList<>();
            Attempt[] kinds = Attempt.values();
            for (int i = 0; i < FAULTS_AT_RANK_ZERO; i++) {
                Random random = new Random(SEED + i);
                attempts.add(() -> {
                    attempt(party, kinds[random.nextInt(kinds.length)], random, recorded);
                    return null;
                });
            }
            each(party, attempts);
            // Beside more of it, all come: the last rank was also one of those who sent too much.
            Future<Void> more = party.begin(() -> {
                for (int i = 0; i < 50; i++) {
                    attempt(party, Attempt.GARBAGE, new Random(SEED - i), recorded);
                }
                return null;
            });
            List<Ranks> ranks = Party.all(List.of(zero, party.begin(1), party.begin(2), lateLast(party)));
            assertExchanging(party, ranks);
            Party.close(ranks);
            Party.result(more);
        }
    }

    /** Tries again while rank 0 still holds its place for one of those who sent too much. */
    private static Future<Ranks> lateLast(Party party) {
        return party.begin(() -> {
            while (true) {
                try {
                    return Ranks.meet(party.meeting(party.count - 1), Party.SILENT, TIMING, Party.RELEASE);
                } catch (UserException held) {
                    assertTrue(held.getMessage().contains("is there already"), held.getMessage());
                    Thread.sleep(10);
                }
            }
        });
    }

    private static void assertExchanging(Party party, List<Ranks> ranks) {
        for (List<byte[]> told : party.together(ranks, one -> one.gather(new byte[] {(byte) one.rank()}))) {
            for (int rank = 0; rank < ranks.size(); rank++) {
                assertArrayEquals(new byte[] {(byte) rank}, told.get(rank));
            }
        }
    }

    /** All that a true rank says in a meeting that comes about. */
    private static byte[] recorded() throws IOException {
        try (Party party = new Party(2, TIMING, Duration.ofSeconds(30)); Relay relay = new Relay(party, Fault.NONE)) {
            Future<Ranks> zero = party.begin(0);
            Future<Ranks> one = party.begin(() -> Ranks.meet(new Meeting(1, 2, relay.address(), party.secret,
                    party.patience), Party.SILENT, TIMING, Party.RELEASE));
            Party.close(Party.all(List.of(zero, one)));
            return relay.said();
        }
    }

    /** In which direction a fault is. */
    private enum Way { TO_RANK_ZERO, FROM_RANK_ZERO }

    /** What becomes of what is sent. */
    private enum What { CHANGED, ENDED, STALLED, REPEATED, OVERSIZE }

    /**
     * A fault between two that meet.
     *
     * @param at    the byte at which it happens
     * @param bit   that is changed
     * @param times how many connections have it, from the first on
     */
    private record Fault(Way way, int at, What what, int bit, int times) {
        static final Fault NONE = new Fault(Way.TO_RANK_ZERO, Integer.MAX_VALUE, What.ENDED, 0, 0);
    }

    /** Stands between rank 0 and those who look for it, and does not let everything pass as it is. */
    private static final class Relay implements AutoCloseable {
        private static final int CHUNK = 4096;

        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final Party party;
        private final Fault fault;
        private final AtomicInteger connections = new AtomicInteger();
        private final ByteArrayOutputStream said = new ByteArrayOutputStream();
        private final List<Socket> open = new ArrayList<>();

        Relay(Party party, Fault fault) throws IOException {
            this.party = party;
            this.fault = fault;
            Thread.ofVirtual().start(this::accept);
        }

        Address address() {
            return new Address("127.0.0.1", server.getLocalPort());
        }

        synchronized byte[] said() {
            return said.toByteArray();
        }

        private void accept() {
            try {
                while (true) {
                    Socket near = server.accept();
                    Socket far = party.socket();
                    synchronized (this) {
                        open.addAll(List.of(near, far));
                    }
                    boolean faulty = connections.getAndIncrement() < fault.times();
                    Thread.ofVirtual().start(() -> pass(near, far, faulty && fault.way() == Way.TO_RANK_ZERO, true));
                    Thread.ofVirtual().start(() -> pass(far, near, faulty && fault.way() == Way.FROM_RANK_ZERO,
                            false));
                }
            } catch (IOException closed) {
                // It is over.
            }
        }

        private void pass(Socket from, Socket to, boolean faulty, boolean kept) {
            try (from; to) {
                InputStream in = from.getInputStream();
                byte[] chunk = new byte[CHUNK];
                int at = 0;
                while (true) {
                    int read = in.read(chunk);
                    if (read < 0) {
                        return;
                    }
                    if (kept) {
                        synchronized (this) {
                            said.write(chunk, 0, read);
                        }
                    }
                    int place = fault.at() - at;
                    if (faulty && place >= 0 && place < read) {
                        spoil(chunk, place, read, in, to.getOutputStream());
                    } else {
                        to.getOutputStream().write(chunk, 0, read);
                    }
                    at += read;
                }
            } catch (IOException ended) {
                // By one of the two, or by the fault.
            }
        }

        private void spoil(byte[] chunk, int place, int read, InputStream in, OutputStream out) throws IOException {
            switch (fault.what()) {
                case CHANGED -> {
                    chunk[place] ^= (byte) (1 << fault.bit());
                    out.write(chunk, 0, read);
                }
                case ENDED -> {
                    out.write(chunk, 0, place);
                    throw new IOException("as wanted");
                }
                case STALLED -> {
                    out.write(chunk, 0, place);
                    in.readAllBytes();
                }
                case REPEATED -> {
                    out.write(chunk, 0, read);
                    out.write(chunk, 0, read);
                }
                case OVERSIZE -> {
                    out.write(chunk, 0, place);
                    out.write(new byte[] {0x7f, -1, -1, -1});
                    out.write(chunk, place, read - place);
                }
                default -> throw new AssertionError(fault);
            }
        }

        @Override
        public synchronized void close() throws IOException {
            server.close();
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    /** What came of a meeting of two, as one of them tells it. */
    private static String outcome(Callable<Ranks> meet, List<Ranks> met) {
        try {
            Ranks ranks = meet.call();
            synchronized (met) {
                met.add(ranks);
            }
            byte[] told = ranks.broadcast(new byte[] {42});
            assertArrayEquals(new byte[] {42}, told);
            ranks.gather(told);
            return "met";
        } catch (UserException | RankLostException sentence) {
            assertTrue(sentence.getMessage().length() > 30, sentence.getMessage());
            return sentence.getClass().getSimpleName();
        } catch (Exception other) {
            throw new AssertionError("no sentence", other);
        }
    }

    private static void meetWith(Fault fault, Map<String, AtomicInteger> outcomes) throws IOException {
        Timing timing = new Timing(Duration.ofMillis(50), Duration.ofMillis(600), Duration.ofMillis(150),
                Duration.ofMillis(10), Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMillis(100));
        List<Ranks> met = new ArrayList<>();
        try (Party party = new Party(2, timing, Duration.ofMillis(800)); Relay relay = new Relay(party, fault)) {
            Future<String> zero = party.begin(() -> outcome(() -> party.place.meet(party.meeting(0), Party.SILENT,
                    timing, Party.RELEASE), met));
            Future<String> one = party.begin(() -> outcome(() -> Ranks.meet(new Meeting(1, 2, relay.address(),
                    party.secret, party.patience), Party.SILENT, timing, Party.RELEASE), met));
            String outcome = String.join(", ", Party.all(List.of(zero, one)));
            Party.close(met);
            synchronized (outcomes) {
                outcomes.computeIfAbsent(outcome, other -> new AtomicInteger()).incrementAndGet();
            }
        }
    }

    @Test
    @Timeout(120)
    void whateverHappensOnTheWayEndsInASentenceOrAMeeting() {
        Map<String, AtomicInteger> outcomes = new TreeMap<>();
        try (Party party = new Party(1)) {
            List<Callable<Void>> meetings = new ArrayList<>();
            for (int i = 0; i < FAULTS_ON_THE_WAY; i++) {
                Random random = new Random(SEED + i);
                Way way = Way.values()[random.nextInt(2)];
                What what = What.values()[random.nextInt(What.values().length)];
                // Beyond the handshake are the first frames. Behind each byte of it some connection ends.
                boolean systematic = i < GREETING_BYTES + ANSWER_BYTES + HELLO_BYTES;
                if (systematic) {
                    what = What.ENDED;
                    way = i < HELLO_BYTES ? Way.TO_RANK_ZERO : Way.FROM_RANK_ZERO;
                }
                int at = systematic ? i % HELLO_BYTES : random.nextInt(300);
                Fault fault = new Fault(way, at, what, random.nextInt(8), 1);
                meetings.add(() -> {
                    meetWith(fault, outcomes);
                    return null;
                });
            }
            each(party, meetings);
        }
        assertEquals(FAULTS_ON_THE_WAY, outcomes.values().stream().mapToInt(AtomicInteger::get).sum());
        assertTrue(outcomes.get("met, met").get() > FAULTS_ON_THE_WAY / 4, outcomes.toString());
        assertTrue(outcomes.size() > 2, outcomes.toString());
    }
}
