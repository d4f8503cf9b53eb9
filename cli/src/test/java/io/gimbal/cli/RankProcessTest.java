package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.run.TinyRooms;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A training on several ranks, each a process: its figures, what becomes of it when one ends, and what is refused. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "signals are sent by kill, and a rank's arguments are read in /proc")
@Timeout(300)
class RankProcessTest {
    /** Of four steps: so few that runs are short, and so many that a signal meets one on its way. */
    private static final int EPOCHS = 15;
    private static final double TOLERANCE = 2e-4;

    @TempDir
    private static Path shared;
    private static Path whole;

    @TempDir
    private Path folder;
    private Path out;

    @BeforeAll
    static void trainUnbroken() throws IOException, InterruptedException {
        Files.writeString(shared.resolve("tiny.json"), TinyRooms.TEXT);
        whole = shared.resolve("whole");
        try (RankedRun run = new RankedRun(shared, train("--out", whole, "--ranks", "2"))) {
            run.ends(0);
        }
    }

    @BeforeEach
    void names() {
        out = folder.resolve("out");
    }

    /** Of a network that is not chaotic: a last bit of a rank more or less stays one. */
    private static String[] train(String folderOption, Path run, String... more) {
        return with(new String[] {"train", shared.resolve("tiny.json").toString(), "--device", "soft", folderOption,
            run.toString(), "--set", "data.batch=8", "--set", "data.count=33", "--set", "schedule=null", "--set",
            "optimizer={\"method\": \"sgd\", \"lr\": 0.02}", "--set", "epochs=" + EPOCHS}, more);
    }

    private static String[] with(String[] arguments, String... more) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private RankedRun start(String... arguments) throws IOException {
        return new RankedRun(folder, arguments);
    }

    /** The figures of two logs are the same, but for what sums in another order differ by. */
    private static void assertNear(Path expected, Path actual) throws IOException {
        List<String> these = Files.readAllLines(expected.resolve("log.jsonl"));
        List<String> those = Files.readAllLines(actual.resolve("log.jsonl"));
        assertEquals(these.size(), those.size());
        ObjectMapper mapper = new ObjectMapper();
        for (int line = 0; line < these.size(); line++) {
            assertNear(mapper.readTree(these.get(line)), mapper.readTree(those.get(line)), "line " + line);
        }
    }

    private static void assertNear(JsonNode expected, JsonNode actual, String place) {
        assertEquals(expected.size(), actual.size(), place);
        if (expected.isNumber()) {
            double figure = expected.doubleValue();
            assertEquals(figure, actual.doubleValue(), TOLERANCE * Math.max(1, Math.abs(figure)), place);
        } else if (expected.isObject()) {
            for (Map.Entry<String, JsonNode> field : expected.properties()) {
                assertNear(field.getValue(), actual.path(field.getKey()), place + ", " + field.getKey());
            }
        } else {
            assertEquals(expected, actual, place);
        }
    }

    @Test
    void twoRanksComeToTheFiguresOfOne() throws IOException {
        Command.run(train("--out", out)).succeeds();
        assertNear(out, whole);
    }

    @Test
    void ranksThatAreLeftByOneEndSoonAndTheRunGoesOnToTheBytesOfAnUnbrokenOne()
            throws IOException, InterruptedException {
        try (RankedRun run = start(train("--out", out, "--ranks", "2")).awaitEpochs(2, out)) {
            run.signal(0, "KILL");
            run.endsSoon(137);
        }
        try (RankedRun run = start(train("--resume", out, "--ranks", "2")).awaitEpochs(6, out)) {
            run.signal(1, "KILL");
            run.endsSoon(1).complained("gimbal: rank 1 (127.0.0.1, pid ", ") ended without a word");
        }
        try (RankedRun run = start(train("--resume", out, "--ranks", "2"))) {
            run.ends(0);
        }
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    @Test
    void ctrlCStopsAllRanksWithEverythingKeptAndOneRankGoesOnAlone() throws IOException, InterruptedException {
        try (RankedRun run = start(train("--out", out, "--ranks", "2")).awaitEpochs(2, out)) {
            run.signalAll("INT");
            run.endsSoon(130);
            int steps = Files.readAllLines(out.resolve("log.jsonl")).size();
            assertTrue(run.out().contains("Stopped after step " + steps + " of " + 4 * EPOCHS
                    + ", and all of it is kept; to go on: gimbal train --resume "), run::out);
        }
        Command.run(train("--resume", out)).succeeds();
        assertNear(whole, out);
    }

    @ParameterizedTest
    @Tag("kills")
    @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
    void aSignalToRank0StopsAllRanksAndTheRunGoesOnToTheBytesOfAnUnbrokenOne(String signal, int code)
            throws IOException, InterruptedException {
        try (RankedRun run = start(train("--out", out, "--ranks", "2")).awaitEpochs(2, out)) {
            run.signal(0, signal);
            run.endsSoon(code);
            assertTrue(run.out().contains(", and all of it is kept; to go on: "), run::out);
        }
        try (RankedRun run = start(train("--resume", out, "--ranks", "2"))) {
            run.ends(0);
        }
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    @ParameterizedTest
    @Tag("kills")
    @CsvSource({"KILL, ended without a word", "TERM, ended without a word", "STOP, has not been heard of for 20 s"})
    void anyRankThatIsLostIsNamed(String signal, String how) throws IOException, InterruptedException {
        String[] batch = {"--ranks", "3", "--set", "data.batch=6"};
        try (RankedRun run = start(with(train("--out", out), batch)).awaitEpochs(2, out)) {
            run.signal(2, signal);
            run.endsSoon(1).complained("gimbal: rank 2 (127.0.0.1, pid ", how);
        }
        try (RankedRun run = start(with(train("--resume", out), batch))) {
            run.ends(0);
        }
    }

    @ParameterizedTest
    @Tag("kills")
    @CsvSource({"1, 2", "2, 4", "4, 1"})
    void aRunGoesOnWithAnotherNumberOfRanks(int before, int after) throws IOException, InterruptedException {
        try (RankedRun run = start(train("--out", out, "--ranks", Integer.toString(before))).awaitEpochs(2, out)) {
            run.signal(0, "INT");
            run.endsSoon(130);
        }
        try (RankedRun run = start(train("--resume", out, "--ranks", Integer.toString(after)))) {
            run.ends(0);
        }
        assertNear(whole, out);
    }

    /** A file with a secret of its own. */
    private String secret(String name, String permissions) throws IOException {
        Path file = Files.createFile(folder.resolve(name), PosixFilePermissions.asFileAttribute(
                PosixFilePermissions.fromString(permissions)));
        return Files.writeString(file, name.repeat(16)).toString();
    }

    private String[] byHand(int rank, int ranks, int port, String secret, String... more) {
        return with(train("--out", out, "--set", "data.batch=6", "--rank", Integer.toString(rank), "--of",
                Integer.toString(ranks), "--meet", "127.0.0.1:" + port, "--secret", secret), more);
    }

    private static int freePort() throws IOException {
        try (ServerSocket server = new ServerSocket(0)) {
            return server.getLocalPort();
        }
    }

    @Test
    void ranksThatAreStartedByHandAreRefusedBySentencesAndLeaveNothing() throws IOException, InterruptedException {
        String known = secret("known", "rw-------");
        int port = freePort();
        try (RankedRun first = start(byHand(0, 3, port, known)).awaitPrinted("waiting for ranks 1 and 2 of 3");
                RankedRun second = start(byHand(1, 3, port, known)).awaitPrinted("waiting for the other ranks")) {
            refuses(byHand(0, 3, port, known), "port " + port + " is in use");
            refuses(byHand(1, 3, port, known), "rank 1 is there already");
            refuses(byHand(2, 4, port, known, "--set", "data.batch=8"), "there are 4 ranks", "there are 3");
            refuses(byHand(2, 3, port, secret("another", "rw-------")), "secret");
            refuses(byHand(2, 3, port, secret("open", "rw-r-----")), "open: others than its owner have rights to it");
            refuses(byHand(2, 3, port, known, "--set", "seed=8"),
                    "rank 2 trains otherwise than rank 0: its seed is 8, and rank 0's 7");
            for (RankedRun each : List.of(first, second)) {
                each.endsSoon(2).complained("rank 2 trains otherwise than rank 0: its seed is 8");
            }
        }
        assertFalse(Files.exists(out));
    }

    private static void refuses(String[] arguments, String... parts) {
        Command command = Command.run(arguments).refuses(2, parts);
        assertEquals(1, command.err().lines().count(), command.err());
    }

    @Test
    void optionsThatDoNotGoTogetherAreRefusedBySentences() throws IOException {
        String known = secret("known", "rw-------");
        int port = freePort();
        refuses(byHand(3, 3, port, known), "--rank is 3 and --of is 3; ranks are 0 to --of less 1");
        refuses(byHand(-1, 3, port, known), "--rank is -1 and --of is 3");
        refuses(byHand(0, 3, port, known, "--set", "data.batch=8"),
                "A batch of 8 cannot be shared out to 3 ranks in equal parts");
        refuses(byHand(0, 3, port, known, "--ranks", "3"), "--ranks starts all ranks on this machine");
        refuses(train("--out", out, "--ranks", "3"), "A batch of 8 cannot be shared out to 3 ranks in equal parts");
        refuses(train("--out", out, "--ranks", "0"), "--ranks is 0; it must be at least 1");
        refuses(train("--out", out, "--rank", "1", "--meet", "127.0.0.1:1"), "--of is missing");
        refuses(train("--out", out, "--rank", "1", "--of", "2"), "--meet is missing");
        refuses(train("--out", out, "--of", "2", "--meet", "127.0.0.1:1"), "--rank is missing");
        refuses(train("--out", out, "--secret", known), "--secret goes with --rank, --of and --meet");
        refuses(train("--out", out, "--rank", "1", "--of", "2", "--meet", "nowhere"), "--meet is 'nowhere'");
        refuses(train("--out", out, "--rank", "1", "--of", "2", "--meet", "127.0.0.1:1"), "openssl rand -hex 32",
                "GIMBAL_SECRET");
        refuses(train("--out", out, "--ranks", "2", "--set", "ranks={\"batch_norm\": \"mine\"}"),
                "ranks.batch_norm is the text \"mine\", which is not known. It may be: sync, own.");
        assertFalse(Files.exists(out));
    }

    @Test
    void aFileThatOneRankCannotReadIsNamedAndWhatWasKeptStays() throws IOException, InterruptedException {
        SmallData data = new SmallData(Files.createDirectory(folder.resolve("data")));
        String[] settings = {"--device", "soft", "--set", "data.shuffle=false"};
        Command.run(with(new String[] {"train", data.config.toString(), "--out", out.toString()}, settings)).succeeds();
        Map<String, byte[]> before = TinyRooms.contents(out);
        // Of each batch the first example is rank 0's, the second rank 1's.
        Path picture = folder.resolve("data/photos/d.png");
        byte[] broken = Files.readAllBytes(picture);
        Arrays.fill(broken, broken.length / 2, broken.length, (byte) 0);
        Files.write(picture, broken);
        try (RankedRun run = start(with(new String[] {"train", data.config.toString(), "--resume", out.toString(),
            "--ranks", "2", "--set", "epochs=2"}, settings))) {
            run.ends(1).complained("gimbal: rank 1 (127.0.0.1, pid ", ") failed: " + picture);
        }
        for (String file : List.of("checkpoint.safetensors", "metrics.jsonl", "best.safetensors")) {
            assertArrayEquals(before.get(file), Files.readAllBytes(out.resolve(file)), file);
        }
    }

    @Test
    @Tag("kills")
    void ranksThatAreStartedByHandTrain() throws IOException, InterruptedException {
        String known = secret("known", "rw-------");
        int port = freePort();
        try (RankedRun first = start(byHand(0, 3, port, known)); RankedRun second = start(byHand(1, 3, port, known));
                RankedRun third = start(byHand(2, 3, port, known))) {
            for (RankedRun each : List.of(first, second, third)) {
                each.ends(0);
            }
        }
        Path alone = folder.resolve("alone");
        Command.run(train("--out", alone, "--set", "data.batch=6")).succeeds();
        assertNear(alone, out);
    }

    @Test
    @Tag("kills")
    void aRankThatIsStartedByHandAndAskedToEndTellsTheOthers() throws IOException, InterruptedException {
        String known = secret("known", "rw-------");
        int port = freePort();
        try (RankedRun first = start(byHand(0, 2, port, known)); RankedRun second = start(byHand(1, 2, port, known))) {
            first.awaitEpochs(2, out);
            second.signal(0, "TERM");
            second.endsSoon(143);
            first.endsSoon(1).complained("gimbal: rank 1 (127.0.0.1, pid ", ") failed: it was asked to end");
        }
    }

    /** Checked is, too, that the ranks' learning rates are the same: the data's epochs no longer number the steps. */
    @Test
    @Tag("kills")
    void aRunWhoseDataHaveChangedGoesOnWithSeveralRanks() throws IOException, InterruptedException {
        SmallData data = new SmallData(Files.createDirectory(folder.resolve("data")));
        String[] settings = {data.config.toString(), "--device", "soft", "--set", "schedule={\"kind\": \"cosine\"}",
            "--set", "optimizer={\"method\": \"sgd\", \"lr\": 0.02}"};
        Path alone = folder.resolve("alone");
        for (Path run : List.of(alone, out)) {
            Command.run(with(new String[] {"train", "--out", run.toString()}, settings)).succeeds();
        }
        for (String file : List.of("photos/%s.png", "parts/%s.png", "depth/%s.npy")) {
            Path first = folder.resolve("data").resolve(file.formatted("a"));
            for (String name : List.of("f", "g")) {
                Files.copy(first, folder.resolve("data").resolve(file.formatted(name)));
            }
        }
        data.folder.text("train.csv", "name,age,kind\na,1,cat\nb,2,dog\nc,3,cat\nd,4,dog\nf,1,cat\ng,3,cat\n");
        String[] goOn = with(settings, "--data-changed", "--set", "epochs=3");
        Command.run(with(new String[] {"train", "--resume", alone.toString()}, goOn)).succeeds();
        try (RankedRun run = start(with(new String[] {"train", "--resume", out.toString(), "--ranks", "2"}, goOn))) {
            run.ends(0);
        }
        assertNear(alone, out);
    }

    /** Each part of the ranks' lives is met: their start, their meeting, planning, steps, checkpoints, their end. */
    @Test
    @Tag("kills")
    @Timeout(1800)
    void endsAtRandomMomentsLeaveNoProcessAndLoseNothing() throws IOException, InterruptedException {
        Random random = new Random(Long.getLong("gimbal.kills.seed", 1));
        List<String> outcomes = new ArrayList<>();
        int runs = 0;
        for (int hit = 0; hit < 24;) {
            boolean begun = Files.exists(out.resolve("config.json"))
                    || Files.exists(out.resolve("checkpoint.safetensors"));
            try (RankedRun run = start(train(begun ? "--resume" : "--out", out, "--ranks", "2"))) {
                int rank = random.nextInt(2);
                String signal = List.of("KILL", "TERM", "INT").get(random.nextInt(3));
                if (random.nextInt(4) > 0) {
                    run.awaitNext(out.resolve("checkpoint.safetensors"));
                }
                run.awaitMilliseconds(random.nextInt(1500));
                if (signal.equals("INT")) {
                    run.signalAll(signal);
                } else {
                    run.signal(run.has(rank) ? rank : 0, signal);
                }
                int code = run.endsSoon();
                assertTrue(List.of(0, 1, 130, 137, 143).contains(code), () -> code + ": " + run.err() + run.out());
                assertFalse(run.err().contains("\tat "), run::err);
                assertTrue(code != 1 || run.err().contains("gimbal: rank 1 ")
                        || run.out().startsWith("Error occurred during initialization of VM"), run::err);
                outcomes.add(signal + " " + rank + ": " + code);
                if (code == 0) {
                    assertEquals(List.of(), TinyRooms.differences(whole, out), outcomes::toString);
                    TinyRooms.contents(out).keySet().forEach(file -> out.resolve(file).toFile().delete());
                    runs++;
                } else {
                    hit++;
                }
            }
        }
        boolean begun = Files.exists(out.resolve("config.json"));
        try (RankedRun run = start(train(begun ? "--resume" : "--out", out, "--ranks", "2"))) {
            run.ends(0);
        }
        assertEquals(List.of(), TinyRooms.differences(whole, out), outcomes::toString);
        System.out.println("Runs of ranks that were ended and are equal to the byte: " + (runs + 1) + "; " + outcomes);
    }
}
