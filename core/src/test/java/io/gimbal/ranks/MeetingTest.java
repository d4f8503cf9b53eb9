package io.gimbal.ranks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What is told of a meeting that does not come about, and who is not let into one that does. */
class MeetingTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final int SECONDS = 30;
    private static final String PID = Long.toString(ProcessHandle.current().pid());

    private static Timing provenWithin(Duration proof) {
        Timing usual = Party.TIMING;
        return new Timing(usual.heartbeat(), usual.silence(), proof, usual.retry(), usual.firstNote(),
                usual.nextNotes(), usual.farewell());
    }

    private static String refusal(Future<?> meeting) {
        return assertThrows(UserException.class, () -> Party.result(meeting)).getMessage();
    }

    private static Future<Ranks> begin(Party party, Meeting meeting) {
        return begin(party, meeting, Party.RELEASE);
    }

    private static Future<Ranks> begin(Party party, Meeting meeting, String release) {
        return party.begin(() -> Ranks.meet(meeting, Party.SILENT, party.timing, release));
    }

    /** Waits until a sentence is told. */
    private static String told(BlockingQueue<String> progress, Predicate<String> which) throws InterruptedException {
        while (true) {
            String sentence = progress.poll(SECONDS, TimeUnit.SECONDS);
            assertTrue(sentence != null, "it was not told");
            if (which.test(sentence)) {
                return sentence;
            }
        }
    }

    private static boolean isOfAStranger(String sentence) {
        return sentence.startsWith("who came from");
    }

    /** The rest comes, too, and all have met, whatever was before. */
    private static void meetYet(Party party, Future<Ranks> zero) {
        List<Future<Ranks>> meeting = new ArrayList<>(List.of(zero));
        for (int rank = 1; rank < party.count; rank++) {
            meeting.add(party.begin(rank));
        }
        List<Ranks> ranks = Party.all(meeting);
        assertEquals(party.count, party.together(ranks, one -> one.gather(new byte[1])).getLast().size());
        Party.close(ranks);
    }

    @Test
    void anotherSecretIsToldToBothAndTheMeetingGoesOn() throws InterruptedException {
        try (Party party = new Party(3)) {
            BlockingQueue<String> progress = new LinkedBlockingQueue<>();
            Future<Ranks> zero = party.begin(0, progress::add);
            Meeting other = new Meeting(2, 3, party.place.address(), Secret.of("sixteen bytes at least"), SECOND);
            assertEquals("the secret of rank 2 (from the program) is not that of rank 0 at " + other.address()
                    + " (made by itself). Give all ranks the same, by the environment variable GIMBAL_SECRET or by a "
                    + "file of the same content.", refusal(begin(party, other)));
            assertEquals("who came from 127.0.0.1 was not let in: it calls itself rank 2, and its secret is not "
                    + "that of rank 0 (made by this process)", told(progress, MeetingTest::isOfAStranger));
            meetYet(party, zero);
        }
    }

    @Test
    void twoProcessesOfOneRankAreToldSo() throws InterruptedException, IOException {
        try (Party party = new Party(3)) {
            BlockingQueue<String> progress = new LinkedBlockingQueue<>();
            Future<Ranks> zero = party.begin(0, progress::add);
            try (Party.Raw first = party.raw(2)) {
                String why = "rank 2 is there already, as process " + PID + " of 127.0.0.1, and process " + PID
                        + " of 127.0.0.1 was started as the same; each process must have a rank of its own";
                assertEquals("rank 0 at " + party.place.address() + " has not let rank 2 in: " + why + ".",
                        refusal(party.begin(2)));
                assertEquals("who came from 127.0.0.1 was not let in: " + why,
                        told(progress, MeetingTest::isOfAStranger));
                first.socket().setSoTimeout(5000);
                assertTrue(first.socket().getInputStream().read() >= 0, "the first keeps its place");
            }
            assertEquals("rank 2 (127.0.0.1, pid " + PID + ") was met, but ended without a word before all others "
                    + "were; its place is free again", told(progress, sentence -> sentence.startsWith("rank 2")));
            meetYet(party, zero);
        }
    }

    @Test
    void anotherNumberOfRanksIsTold() {
        try (Party party = new Party(4)) {
            Future<Ranks> zero = party.begin(0);
            for (int rank : new int[] {2, 7}) {
                assertEquals("rank 0 at " + party.place.address() + " has not let rank " + rank + " in: rank " + rank
                        + " was told that there are 8 ranks, and rank 0 that there are 4; all must be told the same "
                        + "number.", refusal(begin(party, new Meeting(rank, 8, party.place.address(), party.secret,
                                SECOND))));
            }
            meetYet(party, zero);
        }
    }

    @Test
    void anotherReleaseIsTold() {
        try (Party party = new Party(2)) {
            Future<Ranks> zero = party.begin(0);
            assertEquals("rank 0 at " + party.place.address() + " has not let rank 1 in: rank 1 runs Gimbal 0.0.9 and "
                    + "rank 0 Gimbal of a test; all ranks must run the same release.",
                    refusal(begin(party, party.meeting(1), "Gimbal 0.0.9")));
            meetYet(party, zero);
        }
    }

    /** Answers the first that connects with some bytes. */
    private static Future<Void> answering(Party party, ServerSocket server, byte[] bytes) {
        return party.begin(() -> {
            try (Socket socket = server.accept()) {
                socket.getOutputStream().write(bytes);
                socket.getInputStream().readAllBytes();
            }
            return null;
        });
    }

    private static byte[] greeting(int version) {
        byte[] greeting = new byte[44];
        System.arraycopy("GIMBALRK".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, greeting, 0, 8);
        greeting[11] = (byte) version;
        return greeting;
    }

    @Test
    void whatIsNoRankZeroOrOfAnotherVersionIsToldSo() throws IOException {
        try (Party party = new Party(2); ServerSocket server = new ServerSocket(0)) {
            Address address = new Address("127.0.0.1", server.getLocalPort());
            Meeting meeting = new Meeting(1, 2, address, party.secret, SECOND);
            answering(party, server, "SSH-2.0-OpenSSH_9.6, which is no rank 0 of Gimbal\r\n".getBytes());
            assertEquals(address + ": what answers there is no rank 0 of Gimbal. Give all ranks the host and the port "
                    + "of rank 0, at which nothing else may listen.", refusal(begin(party, meeting)));
            answering(party, server, greeting(2));
            assertEquals(address + ": rank 0 there is another Gimbal, whose ranks meet by version 2; here it is 1. All "
                    + "ranks must run the same release.", refusal(begin(party, meeting)));
            byte[] welcome = java.util.Arrays.copyOf(greeting(1), 44 + 4 + 32);
            welcome[44] = 1;
            answering(party, server, welcome);
            assertEquals(address + ": what answers there does not know this rank's secret, or what it said was changed "
                    + "on its way. Give all ranks the host and the port of rank 0, and the same secret.",
                    refusal(begin(party, meeting)));
        }
    }

    @Test
    void aRankOfAnotherVersionIsNotLetIn() throws IOException, InterruptedException {
        try (Party party = new Party(2)) {
            BlockingQueue<String> progress = new LinkedBlockingQueue<>();
            Future<Ranks> zero = party.begin(0, progress::add);
            try (Socket socket = party.socket()) {
                socket.getOutputStream().write(java.util.Arrays.copyOf(greeting(3), 164));
                assertEquals("who came from 127.0.0.1 was not let in: it is another Gimbal, whose ranks meet by "
                        + "version 3; here it is 1", told(progress, MeetingTest::isOfAStranger));
            }
            meetYet(party, zero);
        }
    }

    @Test
    void whereRankZeroCannotListenIsTold() {
        try (Party party = new Party(2)) {
            Address taken = party.place.address();
            assertEquals(taken + ": rank 0 cannot listen there: port " + taken.port() + " is in use, maybe by another "
                    + "training. Give all ranks another port, or end what listens there ('ss -ltnp' tells).",
                    assertThrows(UserException.class, () -> MeetingPlace.open(taken)).getMessage());
            assertEquals("192.0.2.1:0: rank 0 cannot listen there: 192.0.2.1 is no address of this machine. Start rank "
                    + "0 on the machine of that address, or give all ranks an address of this one.",
                    assertThrows(UserException.class, () -> MeetingPlace.open(new Address("192.0.2.1", 0)))
                            .getMessage());
        }
    }

    @Test
    void aHostThatIsUnknownIsTold() {
        Address address = new Address("no..host", 29400);
        String expected = "no..host:29400: the host 'no..host' is not known on this machine. Give the name or the "
                + "address of the machine of rank 0.";
        for (int rank = 0; rank < 2; rank++) {
            Meeting meeting = new Meeting(rank, 2, address, Secret.random(), SECOND);
            assertEquals(expected, assertThrows(UserException.class, () -> Ranks.meet(meeting, Party.SILENT))
                    .getMessage());
        }
    }

    @Test
    void aRankThatDoesNotFindRankZeroSaysWhereAndWhy() throws InterruptedException {
        try (Party party = new Party(2, Party.TIMING, SECOND)) {
            party.place.close();
            BlockingQueue<String> progress = new LinkedBlockingQueue<>();
            assertEquals("rank 0 was not met at " + party.place.address() + " within 1 s: the connection was refused, "
                    + "since nothing listens there, or no more because all have met. Start rank 0, and see what it "
                    + "says; if it runs, this machine must be able to connect to its host at that port.",
                    refusal(party.begin(1, progress::add)));
            assertTrue(progress.size() > 3 && progress.size() < 12, progress.toString());
            assertEquals("waiting for rank 0 at " + party.place.address(), progress.remove());
        }
    }

    @Test
    void whoIsMissingIsToldToAllThatCame() throws InterruptedException {
        try (Party party = new Party(4, Party.TIMING, SECOND)) {
            BlockingQueue<String> progress = new LinkedBlockingQueue<>();
            Future<Ranks> zero = party.begin(0, progress::add);
            Meeting patient = new Meeting(1, 4, party.place.address(), party.secret, Duration.ofSeconds(SECONDS));
            Future<Ranks> one = begin(party, patient);
            String missed = "ranks 2 and 3 of 4 did not come to " + party.place.address() + " within 1 s. See what "
                    + "they say themselves; each must be started as a rank of its own, with this address, the same "
                    + "number of ranks and the same secret, where this machine can be reached.";
            assertEquals(missed, refusal(zero));
            assertEquals("rank 0 at " + party.place.address() + " failed: " + missed,
                    assertThrows(RankLostException.class, () -> Party.result(one)).getMessage());
            assertEquals("waiting for ranks 2 and 3 of 4 at " + party.place.address(),
                    told(progress, sentence -> !sentence.contains("1, 2 and 3")));
        }
    }

    @Test
    void aRankThatHasLessPatienceThanRankZeroSaysSo() throws InterruptedException {
        try (Party party = new Party(3)) {
            BlockingQueue<String> progress = new LinkedBlockingQueue<>();
            Future<Ranks> zero = party.begin(0, progress::add);
            BlockingQueue<String> own = new LinkedBlockingQueue<>();
            Meeting hasty = new Meeting(1, 3, party.place.address(), party.secret, SECOND);
            Future<Ranks> one = party.begin(() -> Ranks.meet(hasty, own::add, party.timing, Party.RELEASE));
            assertEquals("rank 0 was met at " + hasty.address() + ", but not all other ranks came there within 1 s. "
                    + "Rank 0 says which are missing.", refusal(one));
            assertEquals("rank 0 is met at " + hasty.address() + "; waiting for the other ranks", own.remove());
            assertEquals("rank 1 (127.0.0.1, pid " + PID + ") was met and has failed: gave up waiting for the other "
                    + "ranks after 1 s; its place is free again",
                    told(progress, sentence -> sentence.contains("failed")));
            meetYet(party, zero);
        }
    }

    @Test
    void rankZeroMayBeStartedAnewWhileOthersWait() throws InterruptedException {
        try (Party party = new Party(3)) {
            Address address = party.place.address();
            Thread first = Thread.ofPlatform().start(() -> {
                IllegalStateException interrupted = assertThrows(IllegalStateException.class,
                        () -> party.place.meet(party.meeting(0), Party.SILENT, party.timing, Party.RELEASE));
                assertInstanceOf(InterruptedException.class, interrupted.getCause());
            });
            Future<Ranks> told = party.begin(1);
            Thread.sleep(200);
            first.interrupt();
            first.join();
            assertEquals("rank 0 at " + address + " failed: was interrupted while it waited for rank 2",
                    assertThrows(RankLostException.class, () -> Party.result(told)).getMessage());
            Future<Ranks> one = party.begin(1);
            Thread.sleep(100);
            try (MeetingPlace anew = MeetingPlace.open(address)) {
                Future<Ranks> two = party.begin(2);
                Ranks zero = anew.meet(party.meeting(0), Party.SILENT, party.timing, Party.RELEASE);
                Party.close(List.of(zero, Party.result(one), Party.result(two)));
            }
        }
    }

    @Test
    void anInterruptEndsTheSearchForRankZero() throws InterruptedException {
        try (Party party = new Party(2)) {
            party.place.close();
            List<String> told = new ArrayList<>();
            Thread searching = Thread.ofPlatform().start(() -> {
                IllegalStateException interrupted = assertThrows(IllegalStateException.class,
                        () -> Ranks.meet(party.meeting(1), Party.SILENT, party.timing, Party.RELEASE));
                assertInstanceOf(InterruptedException.class, interrupted.getCause());
                told.add(interrupted.getMessage() + ", " + Thread.currentThread().isInterrupted());
            });
            Thread.sleep(100);
            searching.interrupt();
            searching.join();
            assertEquals(List.of("interrupted while meeting other ranks, true"), told);
        }
    }

    @Test
    void strangersThatStallHoldNobodyUp() throws IOException {
        try (Party party = new Party(3)) {
            Future<Ranks> zero = party.begin(0);
            List<Socket> strangers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                strangers.add(party.socket());
            }
            long before = System.nanoTime();
            meetYet(party, zero);
            assertTrue(System.nanoTime() - before < 3_000_000_000L, "less than strangers are given");
            for (Socket stranger : strangers) {
                stranger.close();
            }
        }
    }

    @Test
    void whoProvesNothingIsCutOffHoweverSlowlyItSends() throws IOException, InterruptedException {
        try (Party party = new Party(2, provenWithin(Duration.ofMillis(400)), Duration.ofSeconds(SECONDS))) {
            Future<Ranks> zero = party.begin(0);
            try (Socket slow = party.socket(); Socket flooding = party.socket()) {
                byte[] noise = new byte[1 << 16];
                new Random(1).nextBytes(noise);
                assertThrows(IOException.class, () -> {
                    for (int i = 0; i < 1000; i++) {
                        flooding.getOutputStream().write(noise);
                    }
                }, "no more is taken than a hello");
                assertThrows(IOException.class, () -> {
                    for (int i = 0; i < 150; i++) {
                        slow.getOutputStream().write(noise[i]);
                        Thread.sleep(50);
                    }
                }, "it is not waited for beyond the time for a proof");
            }
            meetYet(party, zero);
        }
    }

    @Test
    void aPlaceIsForOneMeeting() {
        try (Party party = new Party(1)) {
            party.meet().getFirst().close();
            IllegalStateException refused = assertThrows(IllegalStateException.class, () ->
                    party.place.meet(party.meeting(0), Party.SILENT, party.timing, Party.RELEASE));
            assertEquals("at " + party.place.address() + " nobody listens any more: a place is for one meeting",
                    refused.getMessage());
        }
    }

    @Test
    void aMeetingOnTheLoopIsNotReachedFromElsewhere() throws IOException {
        try (Party party = new Party(2)) {
            Future<Ranks> zero = party.begin(0);
            for (java.net.NetworkInterface net : java.net.NetworkInterface.networkInterfaces().toList()) {
                net.inetAddresses().filter(address -> !address.isLoopbackAddress()).forEach(address ->
                        assertThrows(IOException.class, () -> new Socket(address, party.place.address().port())
                                .close()));
            }
            meetYet(party, zero);
        }
    }
}
