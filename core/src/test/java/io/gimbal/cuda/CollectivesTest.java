package io.gimbal.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.panama.PanamaBinding;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Collectives between processes over the software device, and what comes of those that misbehave. */
@Timeout(120)
class CollectivesTest {
    /** So many processes, started once; the endings are theirs. */
    private enum Group {
        TWO(2, CollectiveRank.Ending.ABORT, "auto"),
        THREE(3, CollectiveRank.Ending.KILLED, "auto"),
        THREE_BY_TCP(3, CollectiveRank.Ending.KILLED, "tcp"),
        FOUR(4, CollectiveRank.Ending.DESTROY, "auto");

        final int ranks;
        final CollectiveRank.Ending ending;
        final String transport;

        Group(int ranks, CollectiveRank.Ending ending, String transport) {
            this.ranks = ranks;
            this.ending = ending;
            this.transport = transport;
        }
    }

    private static final List<String> SCENARIOS = List.of("allReduce", "broadcast", "allGather", "graph", "group",
            "lateStreams", "second");
    private static final Map<Group, CollectiveProcesses> STARTED = new ConcurrentHashMap<>();

    private static CollectiveRank alone;
    private static byte[] awaited;
    private static Socket silent;

    @BeforeAll
    static void joinAlone() throws IOException {
        Binding binding = PanamaBinding.ofSoftware(SoftwareSearch.places());
        alone = new CollectiveRank(1, 0, binding.collectives().uniqueId());
        awaited = alone.collectives.uniqueId();
        silent = stranger(awaited, new byte[0]);
    }

    @AfterAll
    static void end() throws IOException {
        silent.close();
        STARTED.values().forEach(CollectiveProcesses::close);
        alone.collectives.destroy(alone.communicator);
        alone.close();
    }

    private static CollectiveProcesses of(Group group) {
        return STARTED.computeIfAbsent(group, one -> new CollectiveProcesses(alone.collectives, one.ranks, one.ending,
                one.transport));
    }

    static Stream<Arguments> scenarios() {
        return Arrays.stream(Group.values()).flatMap(group -> SCENARIOS.stream()
                .map(scenario -> Arguments.of(group, scenario)));
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void everyRankGetsWhatItsCollectivesGiveInTheOrderOfTheRanks(Group group, String scenario) {
        List<String> results = of(group).lines(scenario + ": ");
        assertTrue(results.stream().allMatch(result -> result.matches("[0-9a-f]{1,8}")), results.toString());
    }

    @Test
    void oneRankAloneGetsItsOwnValues() {
        alone.allReduce();
        alone.broadcast();
        alone.allGather();
        alone.graph();
        alone.group();
        alone.lateStreams();
    }

    @Test
    void whicheverWayDataTravelTheBitsAreTheSame() {
        for (String scenario : SCENARIOS) {
            assertEquals(of(Group.THREE).lines(scenario + ": "), of(Group.THREE_BY_TCP).lines(scenario + ": "));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"THREE", "THREE_BY_TCP"})
    void aRankThatIsKilledIsNamedToTheOthersWhoseStreamsGoOn(Group group) {
        CollectiveProcesses processes = of(group);
        processes.lines("without end");
        long killed = System.nanoTime();
        long last = processes.kill(2);
        for (int rank = 0; rank < 2; rank++) {
            String noticed = processes.line(rank, "noticed: ");
            assertTrue(noticed.contains("failed with status 6, ncclRemoteError (rank 2 (pid " + last + ", host "),
                    noticed);
            assertTrue(noticed.contains(" has ended"), noticed);
            String afterwards = processes.line(rank, "afterwards: ");
            assertTrue(afterwards.matches("[0-9a-f]{1,8}"), afterwards);
        }
        double seconds = (System.nanoTime() - killed) / 1e9;
        assertTrue(seconds < 30, seconds + " s");
    }

    @Test
    void anotherThreadAbortsACollectiveUnderWayAndTheOtherRanksAreTold() {
        CollectiveProcesses processes = of(Group.TWO);
        assertEquals("true", processes.line(0, "aborted: "));
        String noticed = processes.line(1, "noticed: ");
        assertTrue(noticed.contains("ncclRemoteError (rank 0 (pid "), noticed);
        assertTrue(noticed.contains(") has aborted the communicator"), noticed);
    }

    @Test
    void allRanksDestroyTheCommunicatorTogether() {
        assertEquals(List.of("0", "0", "0", "0"), of(Group.FOUR).lines("destroy: "));
    }

    @Test
    void theVersionIsOneOfNccls() {
        assertEquals(23007, alone.collectives.version());
        assertEquals(128, alone.collectives.uniqueId().length);
    }

    @Test
    void aStrangerThatSaysNothingIsDroppedAfterFiveSecondsAndTheRankIsAwaitedOn() throws IOException {
        silent.setSoTimeout(20_000);
        assertTrue(ended(silent));
        long communicator = alone.collectives.create(awaited, 1, 0);
        awaitReady(communicator);
        alone.collectives.destroy(communicator);
    }

    @Test
    void strangersAtTheUniqueIdsAddressHoldNobodyUp() throws IOException {
        byte[] id = alone.collectives.uniqueId();
        List<Socket> strangers = new ArrayList<>();
        try {
            for (byte[] said : List.of(new byte[0], new byte[100_000], Arrays.copyOf(id, 20),
                    "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII))) {
                strangers.add(stranger(id, said));
            }
            for (int i = 0; i < 300; i++) {
                strangers.add(stranger(id, new byte[] {'g', 'i', 'm', 'b', 'a', 'l'}));
            }
            long start = System.nanoTime();
            long communicator = alone.collectives.create(id, 1, 0);
            awaitReady(communicator);
            double seconds = (System.nanoTime() - start) / 1e9;
            assertTrue(seconds < 4, seconds + " s");
            alone.collectives.destroy(communicator);
        } finally {
            for (Socket stranger : strangers) {
                stranger.close();
            }
        }
    }

    private static boolean ended(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException still) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    /** A unique id holds a word of 8 bytes, then family, port and address. */
    private static Socket stranger(byte[] id, byte[] said) throws IOException {
        ByteBuffer read = ByteBuffer.wrap(id).order(ByteOrder.nativeOrder());
        int bytes = read.getInt(8) == 6 ? 16 : 4;
        Socket socket = new Socket(InetAddress.getByAddress(Arrays.copyOfRange(id, 16, 16 + bytes)), read.getInt(12));
        try {
            OutputStream to = socket.getOutputStream();
            to.write(said);
            to.flush();
        } catch (IOException dropped) {
            // It was dropped while it still spoke.
            return socket;
        }
        return socket;
    }

    @Test
    void whoHasAnotherKeyIsRefusedAndTheOthersJoin() {
        byte[] id = alone.collectives.uniqueId();
        byte[] forged = id.clone();
        forged[40] ^= 1;
        long stranger = alone.collectives.create(forged, 1, 0);
        failsWith(stranger, 6, "the process that made the unique id");
        long communicator = alone.collectives.create(id, 1, 0);
        awaitReady(communicator);
        alone.collectives.abort(stranger);
        alone.collectives.destroy(communicator);
    }

    @Test
    void aUniqueIdThatIsNoneIsRefused() {
        assertTrue(assertThrows(CudaException.class, () -> alone.collectives.create(new byte[128], 1, 0)).getMessage()
                .contains("ncclInvalidArgument (ncclCommInitRankConfig: the unique id is not one of this version"));
        assertTrue(assertThrows(CudaException.class, () -> alone.collectives.create(new byte[7], 1, 0)).getMessage()
                .contains("it must be the 128"));
        byte[] id = alone.collectives.uniqueId();
        assertTrue(assertThrows(CudaException.class, () -> alone.collectives.create(id, 2, 2)).getMessage()
                .contains("the rank is 2: of 2 ranks it may be 0 to 1"));
    }

    @Test
    void ranksThatContradictEachOtherAreToldSo() {
        contradict(2, 0, 3, 1, 4, "says that the communicator has 3 ranks");
        contradict(2, 0, 2, 0, 4, "rank 0 was given twice, to pid " + ProcessHandle.current().pid());
        contradict(2, 0, 2, 1, 5, "ranks 0 and 1 of one communicator are in one process (pid ");
    }

    private static void contradict(int ranks, int rank, int otherRanks, int otherRank, int status, String why) {
        byte[] id = alone.collectives.uniqueId();
        long first = alone.collectives.create(id, ranks, rank);
        // The order in which they come says who contradicts whom.
        while (alone.binding.switches().orElseThrow().get("live_communicators") < 2) {
            Thread.onSpinWait();
        }
        long second = alone.collectives.create(id, otherRanks, otherRank);
        for (long communicator : new long[] {first, second}) {
            failsWith(communicator, status, why.startsWith("says") ? "ranks" : why);
            alone.collectives.abort(communicator);
        }
    }

    private static void failsWith(long communicator, int status, String why) {
        CudaException failed = assertThrows(CudaException.class, () -> awaitReady(communicator));
        assertEquals(status, failed.status(), failed.getMessage());
        assertTrue(failed.getMessage().contains(why), failed.getMessage());
    }

    private static void awaitReady(long communicator) {
        while (!alone.collectives.ready(communicator)) {
            Thread.onSpinWait();
        }
    }

    @Test
    void uniqueIdsDiffer() {
        byte[] one = alone.collectives.uniqueId();
        byte[] other = alone.collectives.uniqueId();
        assertEquals(false, Arrays.equals(Arrays.copyOfRange(one, 32, 96), Arrays.copyOfRange(other, 32, 96)));
        assertArrayEquals(Arrays.copyOf(one, 8), Arrays.copyOf(other, 8));
    }
}
