package io.gimbal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.SoftwareSearch;
import io.gimbal.device.Communicator;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import io.gimbal.program.Peers;
import io.gimbal.ranks.Secret;
import io.gimbal.run.RankScenarios.Scenario;
import io.gimbal.train.Examples;
import io.gimbal.train.Trainer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ranks agree on, tell each other, and refuse; two processes go through all scenarios once. */
class RankGroupTest {
    private static final int MINUTES = 3;

    @TempDir
    private static Path folder;
    private static final List<Path> PRINTED = new ArrayList<>();

    @BeforeAll
    static void goThroughAllScenarios() throws IOException, InterruptedException {
        NyuFolder.write(folder.resolve("data0"), 4, 1, 5);
        NyuFolder.write(folder.resolve("data1"), 5, 1, 5);
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Secret secret = Secret.random();
        List<Process> processes = new ArrayList<>();
        try {
            for (int rank = 0; rank < RankScenarios.RANKS; rank++) {
                PRINTED.add(folder.resolve("printed" + rank));
                ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin",
                        "java").toString(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true", "-D" + SoftwareSearch.PROPERTY
                        + "=" + System.getProperty(SoftwareSearch.PROPERTY), "-cp",
                        System.getProperty("java.class.path"), RankScenarios.class.getName(), Integer.toString(rank),
                        Integer.toString(port), folder.toString()).redirectErrorStream(true)
                        .redirectOutput(PRINTED.getLast().toFile());
                builder.environment().put("GIMBAL_SOFT_THREADS", "1");
                secret.giveTo(builder.environment());
                processes.add(builder.start());
            }
            for (int rank = 0; rank < RankScenarios.RANKS; rank++) {
                assertTrue(processes.get(rank).waitFor(MINUTES, TimeUnit.MINUTES), "rank " + rank + " hangs");
                assertEquals(0, processes.get(rank).exitValue(), Files.readString(PRINTED.get(rank)));
            }
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }

    /** What a scenario came to on a rank. */
    private static String outcome(Scenario scenario, int rank) throws IOException {
        String begin = scenario + ": ";
        List<String> lines = Files.readAllLines(PRINTED.get(rank));
        return lines.stream().filter(line -> line.startsWith(begin)).findFirst().orElseThrow(() ->
                new AssertionError(lines.toString())).substring(begin.length());
    }

    private static void assertOutcomes(Scenario scenario, String first, String second) throws IOException {
        assertEquals(first, outcome(scenario, 0));
        assertEquals(second, outcome(scenario, 1));
    }

    @Test
    void allRanksAreToldWhichOnesParametersDiffer() throws IOException {
        String told = outcome(Scenario.PARAMETERS, 0);
        assertTrue(told.startsWith("IllegalStateException: after step 0 rank 1 has other parameters than rank 0 ("),
                told);
        assertEquals(told, outcome(Scenario.PARAMETERS, 1));
    }

    @Test
    void valuesThatMayNotStandInARanksExamplesAreToldWithTheRank() throws IOException {
        String told = "1 of 2 steps changed nothing: they were not finite in line (loss); the inputs hold NaN (1 place "
                + "of step 1, first in example 1)";
        assertOutcomes(Scenario.REJECTIONS, "[rank 1: " + told + "]", told);
    }

    @Test
    void otherConfigurationsAreRefusedOnAllRanks() throws IOException {
        String told = "UserException: rank 1 trains otherwise than rank 0: its data.count is 10, and rank 0's 9; start "
                + "all ranks with the same configuration";
        assertOutcomes(Scenario.CONFIGURATIONS, told, told);
    }

    @Test
    void otherDataAreRefusedOnAllRanks() throws IOException {
        for (int rank = 0; rank < RankScenarios.RANKS; rank++) {
            String told = outcome(Scenario.DATA, rank);
            assertTrue(told.startsWith("UserException: rank 1's data are not rank 0's (" + folder.resolve("data"
                    + rank)), told);
        }
    }

    @Test
    void ranksMayNormaliseByTheirOwnStatistics() throws IOException {
        assertOutcomes(Scenario.OWN_STATISTICS, "4 steps", "followed");
    }

    @Test
    void nothingIsHandedOutOnceTheRanksAreNoLongerJoined() throws InterruptedException {
        try (Device device = DeviceUnderTest.open();
                Communicator alone = Communicator.join(device, Communicator.newId(device), 0, 1,
                        Duration.ofSeconds(MINUTES), () -> { });
                Trainer trainer = Trainer.of(device, Network.ofFeatures(3).trunk(Layers.linear(4)).head("line",
                        Layers.linear(1))).task("line", Loss.l2()).batch(1).peers(Peers.of(alone, false)).build()) {
            Examples batch = new Examples(new float[] {1, 2, 3}, Map.of("line", new float[] {1}), Map.of());
            trainer.train(List.of(batch).iterator(), 1, _ -> { });
            alone.abort("it was tried out");
            for (Runnable reading : List.<Runnable>of(trainer::poll, trainer::drain, trainer::state,
                    () -> trainer.train(List.of(batch).iterator(), 1, _ -> { }))) {
                assertEquals("the ranks are no longer joined: it was tried out",
                        assertThrows(IllegalStateException.class, reading::run).getMessage());
            }
        }
    }
}
