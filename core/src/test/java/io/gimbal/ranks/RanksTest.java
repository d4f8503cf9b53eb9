package io.gimbal.ranks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks that have met: what they exchange, and what they know of each other's ends. */
class RanksTest {
    private static final int SECONDS = 30;
    private static final byte[] NOTHING = {};
    private static final Timing HARK = new Timing(Duration.ofMillis(100), Duration.ofMillis(1500),
            Duration.ofSeconds(5), Duration.ofMillis(20), Duration.ofSeconds(2), Duration.ofSeconds(2),
            Duration.ofMillis(300));

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** What a rank is told by {@link Ranks#onLoss}. */
    private static BlockingQueue<String> losses(Ranks ranks) {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        ranks.onLoss(loss -> told.add(loss.rank() + ": " + loss.getMessage()));
        return told;
    }

    private static String told(BlockingQueue<String> losses) throws InterruptedException {
        String told = losses.poll(SECONDS, TimeUnit.SECONDS);
        assertTrue(told != null, "nothing was told");
        return told;
    }

    private static String pid() {
        return Long.toString(ProcessHandle.current().pid());
    }

    private static Function<Ranks, String> failing(Function<Ranks, ?> exchange) {
        return ranks -> assertThrows(RankLostException.class, () -> exchange.apply(ranks)).getMessage();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void ranksMeetInAnyOrder(int count) throws InterruptedException {
        for (int seed = 0; seed < 3; seed++) {
            List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
            Collections.shuffle(order, new Random(seed));
            try (Party party = new Party(count)) {
                List<Future<Ranks>> meeting = new ArrayList<>();
                for (int rank : order) {
                    meeting.add(party.begin(rank));
                    Thread.sleep(5);
                }
                List<Ranks> ranks = Party.all(meeting);
                assertEquals(order, ranks.stream().map(Ranks::rank).toList());
                ranks.forEach(one -> assertEquals(count, one.count()));
                List<List<byte[]>> all = party.together(ranks, one -> one.gather(new byte[] {(byte) one.rank()}));
                for (List<byte[]> messages : all) {
                    assertEquals(IntStream.range(0, count).boxed().toList(),
                            messages.stream().map(message -> (int) message[0]).toList());
                }
                Party.close(ranks);
            }
        }
    }

    @Test
    void rankZeroMayComeLast() throws InterruptedException {
        Address address;
        try (MeetingPlace free = MeetingPlace.open(new Address("127.0.0.1", 0))) {
            address = free.address();
        }
        Secret secret = Secret.random();
        try (Party party = new Party(3)) {
            List<Future<Ranks>> meeting = new ArrayList<>();
            for (int rank : List.of(2, 1, 0)) {
                meeting.add(party.begin(() -> Ranks.meet(new Meeting(rank, 3, address, secret, party.patience),
                        Party.SILENT, Party.TIMING, Party.RELEASE)));
                Thread.sleep(100);
            }
            List<Ranks> ranks = Party.all(meeting);
            assertEquals(List.of(2, 1, 0), ranks.stream().map(Ranks::rank).toList());
            Party.close(ranks);
        }
    }

    @Test
    void ranksMeetAtAnAddressOfVersionSix() {
        try (Party party = new Party(2, Party.TIMING, Duration.ofSeconds(SECONDS), "::1")) {
            List<Ranks> ranks = party.meet();
            assertArrayEquals(new byte[] {7}, party.together(ranks, one -> one.broadcast(new byte[] {7})).getLast());
            Party.close(ranks);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 777, 1_000_000})
    void everyMessageArrivesAsItWasSent(int length) {
        try (Party party = new Party(3)) {
            List<Ranks> ranks = party.meet();
            for (int round = 0; round < 2; round++) {
                for (byte[] told : party.together(ranks, one -> one.broadcast(random(one.rank(), length)))) {
                    assertArrayEquals(random(0, length), told);
                }
                for (List<byte[]> told : party.together(ranks, one -> one.gather(random(one.rank(), length)))) {
                    for (int rank = 0; rank < 3; rank++) {
                        assertArrayEquals(random(rank, length), told.get(rank));
                    }
                }
            }
            Party.close(ranks);
        }
    }

    @Test
    void whatIsHandedInAndOutIsTheCallers() {
        try (Party party = new Party(3)) {
            List<Ranks> ranks = party.meet();
            for (int round = 0; round < 50; round++) {
                party.together(ranks, one -> {
                    byte[] mine = random(one.rank(), 100_000);
                    List<byte[]> told = one.gather(mine);
                    for (int rank = 0; rank < 3; rank++) {
                        assertArrayEquals(random(rank, 100_000), told.get(rank));
                    }
                    told.forEach(message -> Arrays.fill(message, (byte) 0));
                    Arrays.fill(mine, (byte) 0);
                    return "";
                });
            }
            Party.close(ranks);
        }
    }

    @Test
    void aMessageThatIsTooLongIsRefusedAndTheNextIsNot() {
        try (Party party = new Party(2)) {
            List<Ranks> ranks = party.meet();
            IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
                    () -> ranks.getFirst().broadcast(new byte[(16 << 20) + 1]));
            assertEquals("a message of 16777217 bytes is too long for the ranks: it may have 16777216",
                    refused.getMessage());
            assertEquals(16 << 20, party.together(ranks, one -> one.broadcast(new byte[16 << 20])).getLast().length);
            Party.close(ranks);
        }
    }

    @Test
    void aRankThatEndsWithoutAWordIsToldToAllByNumber() throws IOException, InterruptedException {
        try (Party party = new Party(4)) {
            List<Future<Ranks>> meeting = List.of(party.begin(0), party.begin(1), party.begin(3));
            Party.Raw lost = party.raw(2);
            List<Ranks> ranks = Party.all(meeting);
            List<BlockingQueue<String>> losses = ranks.stream().map(RanksTest::losses).toList();
            List<Future<String>> waiting = ranks.stream().map(one -> party.begin(() -> failing(other ->
                    other.gather(NOTHING)).apply(one))).toList();
            lost.close();
            String sentence = "rank 2 (127.0.0.1, pid " + pid() + ") ended without a word";
            assertEquals(Collections.nCopies(3, sentence), Party.all(waiting));
            for (BlockingQueue<String> told : losses) {
                assertEquals("2: " + sentence, told(told));
            }
            // What comes later is refused with the same, and a listener that comes later is told it.
            assertEquals(Collections.nCopies(3, sentence), party.together(ranks,
                    failing(one -> one.broadcast(NOTHING))));
            assertEquals("2: " + sentence, told(losses(ranks.getLast())));
            Party.close(ranks);
            losses.forEach(told -> assertTrue(told.isEmpty(), "told twice: " + told));
        }
    }

    @Test
    void theEndOfRankZeroIsNoticedByAll() throws InterruptedException {
        try (Party party = new Party(3)) {
            List<Ranks> ranks = party.meet();
            List<Ranks> others = ranks.subList(1, 3);
            List<BlockingQueue<String>> losses = others.stream().map(RanksTest::losses).toList();
            ranks.getFirst().fail("the disk\nof rank 0 is full");
            for (BlockingQueue<String> told : losses) {
                assertEquals("0: rank 0 (127.0.0.1, pid " + pid() + ") failed: the disk of rank 0 is full",
                        told(told));
            }
            Party.close(ranks);
        }
    }

    @Test
    void silenceIsToldToAll() throws IOException, InterruptedException {
        try (Party party = new Party(3, HARK, Duration.ofSeconds(SECONDS))) {
            List<Future<Ranks>> meeting = List.of(party.begin(0), party.begin(1));
            try (Party.Raw silent = party.raw(2)) {
                List<Ranks> ranks = Party.all(meeting);
                for (String told : party.together(ranks, failing(one -> one.gather(NOTHING)))) {
                    assertEquals("rank 2 (127.0.0.1, pid " + pid() + ") has not been heard of for 1 s", told);
                }
                assertEquals("LOST", lastWord(silent));
                Party.close(ranks);
            }
        }
    }

    /** The kind of the last frame that it was sent. */
    private static String lastWord(Party.Raw rank) throws IOException {
        FrameInput in = new FrameInput(rank.socket().getInputStream(), rank.keys().fromRankZero());
        FrameKind last = FrameKind.HEARTBEAT;
        while (true) {
            try {
                FrameKind kind = in.read().kind();
                last = kind == FrameKind.HEARTBEAT || kind == FrameKind.GOODBYE ? last : kind;
            } catch (IOException ended) {
                return last.toString();
            }
        }
    }

    @Test
    void aRankThatFailsTellsAllWhy() throws InterruptedException {
        try (Party party = new Party(3)) {
            List<Ranks> ranks = party.meet();
            List<Ranks> others = List.of(ranks.get(0), ranks.get(2));
            List<BlockingQueue<String>> losses = others.stream().map(RanksTest::losses).toList();
            BlockingQueue<String> own = losses(ranks.get(1));
            ranks.get(1).fail("the loss diverged at step 7");
            for (BlockingQueue<String> told : losses) {
                assertEquals("1: rank 1 (127.0.0.1, pid " + pid() + ") failed: the loss diverged at step 7",
                        told(told));
            }
            assertTrue(own.isEmpty());
            Party.close(ranks);
        }
    }

    @Test
    void aFailureOfManyWordsIsCut() throws InterruptedException {
        try (Party party = new Party(2)) {
            List<Ranks> ranks = party.meet();
            BlockingQueue<String> told = losses(ranks.getLast());
            ranks.getFirst().fail("🙂".repeat(20_000));
            String sentence = told(told);
            assertTrue(sentence.endsWith("🙂...") && sentence.length() < 1100, sentence);
            Party.close(ranks);
        }
    }

    @Test
    void ranksThatCloseInAnyOrderAreNoLoss() {
        for (int seed = 0; seed < 6; seed++) {
            try (Party party = new Party(3)) {
                List<Ranks> ranks = new ArrayList<>(party.meet());
                List<BlockingQueue<String>> losses = ranks.stream().map(RanksTest::losses).toList();
                party.together(ranks, one -> one.gather(NOTHING));
                Collections.shuffle(ranks, new Random(seed));
                long before = System.nanoTime();
                Party.close(ranks);
                assertTrue(System.nanoTime() - before < 1_500_000_000L, "closing waits for something");
                losses.forEach(told -> assertTrue(told.isEmpty(), told.toString()));
            }
        }
    }

    @Test
    void whoWaitsForARankThatClosedIsToldSo() {
        for (int closing = 0; closing < 3; closing++) {
            try (Party party = new Party(3)) {
                List<Ranks> ranks = party.meet();
                List<Ranks> others = new ArrayList<>(ranks);
                others.remove(closing);
                ranks.get(closing).close();
                String sentence = "rank " + closing + " (127.0.0.1, pid " + pid()
                        + ") has closed, though other ranks go on";
                assertEquals(List.of(sentence, sentence), party.together(others, failing(one -> one.gather(NOTHING))));
                Party.close(ranks);
            }
        }
    }

    @Test
    void closingEndsAnExchangeOfAnotherThread() {
        try (Party party = new Party(2)) {
            List<Ranks> ranks = party.meet();
            CountDownLatch begun = new CountDownLatch(1);
            Future<List<byte[]>> waiting = party.begin(() -> {
                begun.countDown();
                return ranks.getFirst().gather(NOTHING);
            });
            assertThrows(IllegalStateException.class, () -> {
                begun.await();
                Thread.sleep(50);
                ranks.getFirst().close();
                Party.result(waiting);
            });
            assertEquals("this rank has closed, and exchanges nothing any more",
                    assertThrows(IllegalStateException.class, () -> ranks.getFirst().gather(NOTHING)).getMessage());
            Party.close(ranks);
        }
    }

    @Test
    void anInterruptEndsAnExchangeAndNoneFollows() throws InterruptedException {
        try (Party party = new Party(2)) {
            List<Ranks> ranks = party.meet();
            List<String> told = new ArrayList<>();
            Thread waiting = Thread.ofPlatform().start(() -> {
                IllegalStateException interrupted = assertThrows(IllegalStateException.class,
                        () -> ranks.getLast().gather(NOTHING));
                assertInstanceOf(InterruptedException.class, interrupted.getCause());
                told.add(interrupted.getMessage() + ", " + Thread.interrupted());
                told.add(assertThrows(IllegalStateException.class, () -> ranks.getLast().gather(NOTHING))
                        .getMessage());
            });
            Thread.sleep(50);
            waiting.interrupt();
            waiting.join();
            assertEquals(List.of("interrupted while waiting for other ranks, true", "an exchange with the other ranks "
                    + "was interrupted, so that none can follow; close, or fail"), told);
            Party.close(ranks);
        }
    }

    @Test
    void differentExchangesAreToldToAll() {
        try (Party party = new Party(3)) {
            List<Ranks> ranks = party.meet();
            List<String> told = party.together(ranks, one -> assertThrows(IllegalStateException.class, () -> {
                if (one.rank() == 2) {
                    one.broadcast(NOTHING);
                } else {
                    one.gather(NOTHING);
                }
            }).getMessage());
            for (String sentence : told) {
                assertTrue(sentence.endsWith("ranks call different exchanges: rank 2 has come to a broadcast where "
                        + "rank 0 waits for a gather"), sentence);
            }
            Party.close(ranks);
        }
    }

    @Test
    void oneThreadAtATimeExchanges() throws InterruptedException {
        try (Party party = new Party(2)) {
            List<Ranks> ranks = party.meet();
            Future<List<byte[]>> first = party.begin(() -> ranks.getFirst().gather(NOTHING));
            Thread.sleep(50);
            assertEquals("another thread exchanges with the other ranks; one at a time may",
                    assertThrows(IllegalStateException.class, () -> ranks.getFirst().gather(NOTHING)).getMessage());
            ranks.getLast().gather(NOTHING);
            assertEquals(2, Party.result(first).size());
            Party.close(ranks);
        }
    }

    @Test
    void aFrameThatIsForgedCutsItsRankOff() throws IOException {
        List<byte[]> forgeries = List.of(
                // A length beyond every message; a negative one; a kind that is none; a seal that is none.
                new byte[] {0x7f, -1, -1, -1, 0}, new byte[] {-1, -1, -1, -1, 0}, new byte[] {0, 0, 0, 0, 99},
                new byte[Frame.HEAD_BYTES]);
        for (byte[] forgery : forgeries) {
            try (Party party = new Party(3)) {
                List<Future<Ranks>> meeting = List.of(party.begin(0), party.begin(1));
                try (Party.Raw forger = party.raw(2)) {
                    List<Ranks> ranks = Party.all(meeting);
                    forger.socket().getOutputStream().write(Arrays.copyOf(forgery, Frame.HEAD_BYTES + Seal.BYTES));
                    for (String told : party.together(ranks, failing(one -> one.gather(NOTHING)))) {
                        assertEquals("rank 2 (127.0.0.1, pid " + pid() + ") is cut off: what came from it was changed "
                                + "on its way", told);
                    }
                    Party.close(ranks);
                }
            }
        }
    }

    @Test
    void aFrameThatIsSentTwiceCutsItsRankOff() throws IOException {
        try (Party party = new Party(2)) {
            Future<Ranks> meeting = party.begin(0);
            try (Party.Raw sender = party.raw(1)) {
                Ranks zero = Party.result(meeting);
                ByteArrayOutputStream once = new ByteArrayOutputStream();
                FrameOutput out = new FrameOutput(once, sender.keys().toRankZero());
                out.write(FrameKind.JOINED, NOTHING);
                once.reset();
                out.write(FrameKind.GATHER, new byte[] {5});
                sender.socket().getOutputStream().write(once.toByteArray());
                assertEquals(5, zero.gather(NOTHING).getLast()[0]);
                sender.socket().getOutputStream().write(once.toByteArray());
                String told = failing(one -> one.gather(NOTHING)).apply(zero);
                assertTrue(told.endsWith("is cut off: what came from it was changed on its way"), told);
                zero.close();
            }
        }
    }

    @Test
    void noThreadStays() throws InterruptedException {
        try (Party party = new Party(3)) {
            List<Ranks> ranks = party.meet();
            assertTrue(threads() > 0);
            Party.close(ranks);
        }
        for (int i = 0; i < 100 && threads() > 0; i++) {
            Thread.sleep(20);
        }
        assertEquals(0, threads());
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread ->
                thread.getName().matches("rank \\d+.*(reads|writes)")).count();
    }

    /** A rank in a process of its own, which gathers until it ends. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            Meeting meeting = new Meeting(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]),
                    Address.of("the argument", arguments[2]), Secret.fromEnvironment(System.getenv()).orElseThrow(),
                    Duration.ofSeconds(SECONDS));
            try (Ranks ranks = Ranks.meet(meeting, Party.SILENT, HARK, Party.RELEASE)) {
                while (true) {
                    ranks.gather(NOTHING);
                }
            }
        }
    }

    private static Process child(Party party, int rank) throws IOException {
        ProcessBuilder child = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Child.class.getName(),
                Integer.toString(rank), Integer.toString(party.count), party.place.address().toString())
                .inheritIO();
        party.secret.giveTo(child.environment());
        return child.start();
    }

    @ParameterizedTest
    @ValueSource(strings = {"KILL", "STOP"})
    void aProcessThatIsKilledOrSuspendedIsToldWithItsNumber(String signal) throws IOException, InterruptedException {
        try (Party party = new Party(3, HARK, Duration.ofSeconds(2 * SECONDS))) {
            List<Future<Ranks>> meeting = List.of(party.begin(0), party.begin(1));
            Process child = child(party, 2);
            try {
                List<Ranks> ranks = Party.all(meeting);
                AtomicInteger rounds = new AtomicInteger();
                Future<List<String>> told = party.begin(() -> party.together(ranks, failing(one -> {
                    while (true) {
                        one.gather(NOTHING);
                        rounds.incrementAndGet();
                    }
                })));
                while (rounds.get() < 10) {
                    Thread.sleep(5);
                }
                assertEquals(0, new ProcessBuilder("kill", "-" + signal, Long.toString(child.pid())).start()
                        .waitFor());
                String how = signal.equals("KILL") ? "ended without a word" : "has not been heard of for 1 s";
                String sentence = "rank 2 (127.0.0.1, pid " + child.pid() + ") " + how;
                assertEquals(List.of(sentence, sentence), Party.result(told));
                Party.close(ranks);
                assertFalse(ranks.isEmpty());
            } finally {
                child.destroyForcibly().waitFor();
            }
        }
    }
}
