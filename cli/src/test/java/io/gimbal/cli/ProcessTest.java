package io.gimbal.cli;

import static io.gimbal.cli.Processes.await;
import static io.gimbal.cli.Processes.end;
import static io.gimbal.cli.Processes.java;
import static io.gimbal.cli.Processes.unmasked;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.config.Config;
import io.gimbal.cuda.checked.CheckedDriver;
import io.gimbal.replay.CaseFolders;
import io.gimbal.run.TinyRooms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The command line as a process of its own: exit codes, streams, and being killed. */
class ProcessTest {
    @TempDir
    private Path folder;
    private Path config;
    private Path whole;
    private Path out;

    @BeforeEach
    void names() throws IOException {
        config = Files.writeString(folder.resolve("tiny.json"), TinyRooms.TEXT);
        whole = folder.resolve("whole");
        out = folder.resolve("out");
    }

    private Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command).redirectOutput(folder.resolve("printed").toFile())
                .redirectError(folder.resolve("complained").toFile())
                .start();
    }

    private String complaint() throws IOException {
        return Files.readString(folder.resolve("complained"));
    }

    private int run(String... arguments) throws IOException, InterruptedException {
        return end(start(java(arguments)));
    }

    private String[] train(String folderOption, Path target, int epochs) {
        return new String[] {"train", config.toString(), "--device", "soft", folderOption, target.toString(), "--set",
                "epochs=" + epochs};
    }

    /** By so many steps an epoch that the log grows faster than the metrics. */
    private String[] trainOneByOne(String folderOption, Path target, int epochs) {
        return Stream.concat(Arrays.stream(train(folderOption, target, epochs)), Stream.of("--set", "data.batch=1"))
                .toArray(String[]::new);
    }

    @Test
    void theExitCodeIsTheProcesss() throws IOException, InterruptedException {
        assertEquals(0, run("--version"));
        assertEquals(2, run("train", "no such file"));
        assertTrue(complaint().startsWith("gimbal: no such file"), complaint());
        assertEquals("", Files.readString(folder.resolve("printed")));
        assertEquals(1, run("train", config.toString(), "--device", "soft", "--out", out.toString(), "--set",
                "schedule=null", "--set",
                "optimizer={\"method\": \"sgd\", \"lr\": 1e30}", "--set", "epochs=20"));
        assertTrue(complaint().contains("20 steps in a row") && !complaint().contains("\tat "), complaint());
    }

    @Test
    void aHeapThatIsTooSmallIsToldInASentence() throws IOException, InterruptedException {
        assertEquals(1, end(start(java(List.of("-Xmx6m"), train("--out", out, 1)))));
        assertTrue(complaint().contains("gimbal: the Java heap is full") && complaint().contains("-Xmx4g"),
                this::quietComplaint);
        assertFalse(complaint().contains("\tat "), this::quietComplaint);
    }

    @Test
    void aNetworkThatIsLargerThanTheHeapIsToldWithItsLargestParameter() throws IOException, InterruptedException {
        List<String> command = java(List.of("-Xmx24m"), train("--out", out, 1));
        command.addAll(List.of("--set", "model.trunk[3].out=200000"));
        assertEquals(1, end(start(command)));
        assertTrue(complaint().contains("The network learns ")
                && complaint().contains("7,200,000 of them are trunk.3.weight[200000, 4, 3, 3]"),
                this::quietComplaint);
        assertFalse(complaint().contains("\tat "), this::quietComplaint);
    }

    @Test
    void aTrainingLeavesNothingInTheTemporaryFolderAndInAFileSaysNothingOfAQuickOnesProgress()
            throws IOException, InterruptedException {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        Process process = start(java(List.of("-Djava.io.tmpdir=" + temporary, "-Dgimbal.engines=" + folder),
                train("--out", out, 50)));
        await(process, () -> checkpoint().length > 0);
        process.toHandle().destroyForcibly();
        end(process);
        assertEquals("", complaint());
        try (Stream<Path> left = Files.list(temporary)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void inATerminalThereIsABarUnlessItIsSwitchedOff() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script(1), which makes a terminal, is not here");
        assertTrue(inATerminal().contains("% ["));
        assertFalse(inATerminal("--no-progress").contains("% ["));
    }

    private String inATerminal(String... more) throws IOException, InterruptedException {
        List<String> command = java("replay", CaseFolders.of("toy2").toString(), out.toString(), "--device", "soft");
        command.addAll(List.of(more));
        String quoted = command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        assertEquals(0, end(start(List.of("script", "-qec", quoted, "/dev/null"))), this::quietComplaint);
        return Files.readString(folder.resolve("printed"));
    }

    /** Runs Java with an argument behind the others that holds bytes: as printf writes them. */
    private void refusesBytes(String locale, String bytes, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "export LC_ALL=" + locale
                + "; exec \"$@\" \"$(printf '" + bytes + "')\"", "sh"));
        command.addAll(java(arguments));
        assertEquals(2, end(start(command)), this::quietComplaint);
        assertTrue(complaint().contains("locale") && complaint().contains("LC_ALL to C.UTF-8"), this::quietComplaint);
        assertFalse(complaint().contains("Exception"), this::quietComplaint);
    }

    @Test
    void withoutALocaleAPathWithOtherLettersIsRefusedByName() throws IOException, InterruptedException {
        refusesBytes("C", "r\\303\\251s.json", "train");
        assertTrue(complaint().contains("CONFIG"), this::quietComplaint);
        Files.writeString(config, TinyRooms.TEXT.replace("\"source\": \"rooms\", \"count\": 9",
                "\"source\": \"nyuv2\", \"path\": \"/d\u00e4ten\"").replace("\"validation\": {\"count\": 3},", ""));
        refusesBytes("C", "soft", "train", config.toString(), "--out", out.toString(), "--device");
        assertTrue(complaint().contains("data.path"), this::quietComplaint);
    }

    @Test
    void aPathWhoseBytesAreNoLettersIsRefusedByName() throws IOException, InterruptedException {
        refusesBytes("C.UTF-8", "r\\351s.json", "train");
    }

    @Test
    void withoutALocaleSettingsOfTheEnvironmentDoNotStopIt() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", """
                export LC_ALL=C; for name in XDG_CACHE_HOME GIMBAL_ENGINES GIMBAL_NVIDIA GIMBAL_CUDA_LIBRARIES \\
                    CUDA_HOME VIRTUAL_ENV PYTHONPATH HOME; do export "$name=$(printf '/caf\\303\\251')"; done; exec "$@"
                """, "sh"));
        command.addAll(java("devices"));
        assertEquals(0, end(start(command)), this::quietComplaint);
        command.removeLast();
        command.addAll(List.of(train("--out", out, 1)));
        assertEquals(0, end(start(command)), this::quietComplaint);
    }

    /** The signals take turns; what ends a process by one is the signal's number and 128. */
    private enum End {
        KILL(137),
        TERM(143),
        INT(130);

        private final int code;

        End(int code) {
            this.code = code;
        }
    }

    @Test
    void aRunThatIsKilledAgainAndAgainEndsAsOneThatIsNot() throws IOException, InterruptedException {
        endAtRandomMoments(3, 40, System.nanoTime());
    }

    /**
     * Each part of a run's life is met: the virtual machine's start, planning, steps, checkpoints, validations, its
     * end.
     */
    @Test
    @Tag("kills")
    void fortyEndsAtRandomMomentsLoseNothing() throws IOException, InterruptedException {
        Set<String> outcomes = endAtRandomMoments(40, 60, Long.getLong("gimbal.kills.seed", 1));
        // Some signals come while steps are made: by chance, which fails less than once in a thousand times.
        assertTrue(outcomes.stream().anyMatch(outcome -> outcome.endsWith("all kept")), outcomes::toString);
    }

    /** Returns what the signals met. */
    private Set<String> endAtRandomMoments(int ends, int epochs, long seed) throws IOException, InterruptedException {
        Command.run(train("--out", whole, epochs)).succeeds();
        Random random = new Random(seed);
        Map<String, Integer> outcomes = new TreeMap<>();
        int runs = 0;
        int hit = 0;
        while (hit < ends) {
            End by = End.values()[hit % End.values().length];
            boolean begun = Files.exists(out.resolve("config.json"))
                    || Files.exists(out.resolve("checkpoint.safetensors"));
            byte[] before = checkpoint();
            Process process = start(unmasked(java(train(begun ? "--resume" : "--out", out, epochs))));
            if (random.nextBoolean()) {
                await(process, () -> !Arrays.equals(before, checkpoint()));
            }
            process.waitFor(random.nextInt(700), TimeUnit.MILLISECONDS);
            Processes.signal(process.pid(), by.name());
            int code = end(process);
            String printed = Files.readString(folder.resolve("printed"));
            assertTrue(code == by.code || code == 0 || isByTheVirtualMachine(code, printed),
                    () -> by + " ended it with "
                    + code + ": " + printed + quietComplaint());
            assertFalse(complaint().contains("\tat "), complaint());
            String kept = printed.contains("Stopped after step") ? ", all kept" : "";
            outcomes.merge((code == 0 ? "done before " + by : by.toString()) + kept, 1, Integer::sum);
            if (code == 0) {
                runs += compare(seed);
            } else {
                hit++;
            }
        }
        boolean begun = Files.exists(out.resolve("config.json")) || Files.exists(out.resolve("checkpoint.safetensors"));
        assertEquals(0, run(train(begun ? "--resume" : "--out", out, epochs)), this::quietComplaint);
        runs += compare(seed);
        System.out.println("Runs that were ended " + ends + " times and are equal to the byte: " + runs + "; "
                + outcomes);
        return outcomes.keySet();
    }

    /** A signal in the first milliseconds, before any of Gimbal runs, ends Java 25 with a complaint of its own. */
    private static boolean isByTheVirtualMachine(int code, String printed) {
        return code == 1 && printed.startsWith("Error occurred during initialization of VM");
    }

    private int compare(long seed) throws IOException {
        assertEquals(List.of(), TinyRooms.differences(whole, out), () -> "with the seed " + seed);
        for (String file : TinyRooms.contents(out).keySet()) {
            Files.delete(out.resolve(file));
        }
        return 1;
    }

    @Test
    void aTrainingThatIsAskedToEndKeepsEverythingAndSaysHowToGoOn() throws IOException, InterruptedException {
        out = folder.resolve("with a blank");
        Process process = start(unmasked(java(train("--out", out, 100_000))));
        Path log = out.resolve("log.jsonl");
        await(process, () -> log.toFile().length() > 0);
        Processes.signal(process.pid(), "INT");
        assertEquals(130, end(process), this::quietComplaint);
        List<String> lines = Files.readAllLines(log);
        String printed = Files.readString(folder.resolve("printed"));
        assertTrue(printed.contains("Stopped after step " + lines.size()
                + " of 400000, and all of it is kept; to go on: "
                + "gimbal train --resume '" + out + "' --device soft\n"), printed);
        assertTrue(lines.getLast().endsWith("}"), lines.getLast());
        assertEquals(0, run("train", "--resume", out.toString(), "--device", "soft", "--set", "epochs=null", "--set",
                "steps=" + (lines.size() + 3)), this::quietComplaint);
        assertEquals(lines, Files.readAllLines(log).subList(0, lines.size()), "no step was made again");
        assertEquals(lines.size() + 3, Files.readAllLines(log).size());
    }

    private byte[] checkpoint() {
        try {
            Path file = out.resolve("checkpoint.safetensors");
            return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private String quietComplaint() {
        try {
            return complaint();
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** The virtual machine's list of initialised classes tells whether the mode was on. */
    @Test
    void theCheckedModeFindsNothingInATrainingAndChangesNoBit() throws IOException, InterruptedException {
        String mode = "Initializing '" + CheckedDriver.class.getName().replace('.', '/') + "'";
        assertFalse(classesOfReplay(whole, "false").contains(mode));
        assertTrue(classesOfReplay(out, "true").contains(mode));
        assertEquals(List.of("final.safetensors", "trace.jsonl"), List.copyOf(TinyRooms.contents(whole).keySet()));
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    private String classesOfReplay(Path target, String checked) throws IOException, InterruptedException {
        Path classes = folder.resolve("classes");
        List<String> options = List.of("-Dgimbal.checked=" + checked, "-Xlog:class+init:file=" + classes);
        Process process = start(java(options, "replay", CaseFolders.of("residual").toString(), target.toString(),
                "--device", "soft"));
        assertEquals(0, end(process), this::quietComplaint);
        return Files.readString(classes);
    }

    /**
     * The shell allows files of 30 kB: the log fits, and a checkpoint of 50 kB breaks off in its middle, as on a full
     * disk.
     */
    @Test
    @EnabledOnOs(value = OS.LINUX,
            disabledReason = "the limit on a file's size is set by a POSIX shell, in blocks of 512 bytes")
    void whereTheDiskIsFullThePreviousCheckpointStays() throws IOException, InterruptedException {
        Files.writeString(config, TinyRooms.TEXT.replace("\"out\": 4, \"kernel\": 3, \"padding\": 1}",
                "\"out\": 64, \"kernel\": 3, \"padding\": 1}"));
        int epochs = 15;
        Command.run(train("--out", whole, epochs)).succeeds();
        Process process = start(java(train("--out", out, epochs)));
        await(process, () -> checkpoint().length > 0);
        process.toHandle().destroyForcibly();
        assertEquals(137, end(process), "it was killed in its first moments");
        byte[] before = checkpoint();
        assertTrue(before.length > 40_000, () -> before.length + " bytes");
        List<String> limited = new ArrayList<>(List.of("sh", "-c", "ulimit -f 60 && exec \"$@\"", "sh"));
        limited.addAll(java(train("--resume", out, epochs)));
        assertEquals(1, end(start(limited)), this::quietComplaint);
        assertTrue(complaint().contains("checkpoint.safetensors: could not be written")
                && complaint().contains("The previous file is unchanged."),
                complaint());
        assertFalse(complaint().contains("\tat "), complaint());
        assertArrayEquals(before, checkpoint());
        Command.run(train("--resume", out, epochs)).succeeds();
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    /** As above, but the log passes 30 kB while the checkpoint has 9: it breaks off in the middle of a line. */
    @Test
    @EnabledOnOs(value = OS.LINUX,
            disabledReason = "the limit on a file's size is set by a POSIX shell, in blocks of 512 bytes")
    void whereTheDiskIsFullForTheLogTheRunEndsAndGoesOnWhenThereIsRoom() throws IOException, InterruptedException {
        int epochs = 40;
        Command.run(trainOneByOne("--out", whole, epochs)).succeeds();
        Process process = start(java(trainOneByOne("--out", out, epochs)));
        await(process, () -> checkpoint().length > 0);
        process.toHandle().destroyForcibly();
        assertEquals(137, end(process), "it was killed in its first moments");
        // The page is larger than the log from the first epoch on; one that cannot be written ends nothing.
        Files.deleteIfExists(out.resolve("report.html"));
        Files.createSymbolicLink(out.resolve("report.html"), folder.resolve("nowhere"));
        List<String> limited = new ArrayList<>(List.of("sh", "-c", "ulimit -f 60 && exec \"$@\"", "sh"));
        limited.addAll(java(trainOneByOne("--resume", out, epochs)));
        assertEquals(1, end(start(limited)), this::quietComplaint);
        assertTrue(complaint().contains("gimbal: " + out.resolve("log.jsonl") + ": cannot be written: File too large."),
                complaint());
        assertFalse(complaint().contains("\tat "), complaint());
        assertFalse(Files.readString(out.resolve("log.jsonl")).endsWith("\n"), "it ended between two lines");
        assertEquals(0, run(trainOneByOne("--resume", out, epochs)), this::quietComplaint);
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    private void losesItsOutput(int code, String reason) throws IOException {
        assertEquals(1, code, this::quietComplaint);
        assertEquals("gimbal: standard output cannot be written: " + reason + ".",
                complaint().lines().filter(line -> line.contains("gimbal:")).findFirst().orElse(""));
        assertFalse(complaint().contains("\tat "), complaint());
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "/dev/full is Linux's")
    void outputThatCannotBeWrittenEndsWithASentence() throws IOException, InterruptedException {
        for (String line : List.of("--version", "train --help", "devices", "nothing")) {
            Process process = new ProcessBuilder(java(line.split(" "))).redirectOutput(Path.of("/dev/full").toFile())
                    .redirectError(folder.resolve("complained").toFile()).start();
            int code = end(process);
            if (line.equals("nothing")) {
                assertEquals(2, code, "wrong usage is told on standard error");
            } else {
                losesItsOutput(code, "No space left on device");
            }
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the reason's words are Linux's")
    void aTrainingWhoseOutputNobodyReadsAnyMoreIsMadeToItsEnd() throws IOException, InterruptedException {
        Command.run(train("--out", whole, 2)).succeeds();
        Process process = new ProcessBuilder(java(train("--out", out, 2)))
                .redirectError(folder.resolve("complained").toFile()).start();
        process.getInputStream().close();
        losesItsOutput(end(process), "Broken pipe");
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    @Test
    void aFolderInWhichAnotherProcessTrainsIsRefusedByName() throws IOException, InterruptedException {
        Process process = start(java(train("--out", out, 10_000)));
        await(process, () -> Files.exists(out.resolve("config.json")));
        String[] settings = {"--set", "epochs=10000"};
        Command.run("train", config.toString(), "--device", "soft", "--resume", out.toString(), settings[0],
                settings[1])
                .refuses(2, out + " is in use: another training or replay in process " + process.pid());
        Command.run("replay", CaseFolders.of("residual").toString(), out.toString(), "--device", "soft")
                .refuses(2, out + " is in use");
        assertFalse(Files.exists(out.resolve("trace.jsonl")));
        assertTrue(process.isAlive());
        process.toHandle().destroyForcibly();
        end(process);
    }

    /** Without {@code --out}, two starts at the same moment get a folder each. */
    @Test
    void twoStartsGetTwoFolders() throws IOException, InterruptedException {
        List<Process> processes = new ArrayList<>();
        for (int k = 0; k < 2; k++) {
            processes.add(new ProcessBuilder(java("train", config.toString(), "--device", "soft", "--set", "seed=" + k,
                    "--set", "epochs=1", "--set", "name=..")).directory(folder.toFile())
                    .redirectErrorStream(true).redirectOutput(folder.resolve("printed" + k).toFile()).start());
        }
        for (int k = 0; k < 2; k++) {
            assertEquals(0, end(processes.get(k)), Files.readString(folder.resolve("printed" + k)));
        }
        List<Path> runs = List.of(folder.resolve("runs/run"), folder.resolve("runs/run-2"));
        List<Integer> seeds = new ArrayList<>();
        for (Path run : runs) {
            assertEquals(4, Files.readAllLines(run.resolve("log.jsonl")).size());
            seeds.add(Config.read(run.resolve("config.json")).integer("seed"));
        }
        assertEquals(List.of(0, 1), seeds.stream().sorted().toList());
    }

    private int shell(String line) throws IOException, InterruptedException {
        return end(new ProcessBuilder("sh", "-c", line).directory(folder.toFile())
                .redirectErrorStream(true).redirectOutput(folder.resolve("shell").toFile()).start());
    }

    /** A copy of the disk while the process stands still holds what was forced to it and nothing else for sure. */
    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "a file is mounted as a disk")
    void aRunGoesOnAfterAPowerCut() throws IOException, InterruptedException {
        int epochs = 200;
        assumeTrue(shell("mkdir disk && truncate -s 32M image && mkfs.ext4 -q -F image"
                + " && mount -o loop image disk") == 0, "there is no right to mount a file");
        Path run = folder.resolve("disk/run");
        try {
            Process process = start(java(train("--out", run, epochs)));
            await(process, () -> linesOf(run.resolve("metrics.jsonl")) >= 3);
            assertTrue(process.isAlive(), this::quietComplaint);
            assertEquals(0, shell("kill -STOP " + process.pid() + " && cp --sparse=always image cut"));
            process.toHandle().destroyForcibly();
            end(process);
        } finally {
            shell("umount disk");
        }
        assertEquals(0, shell("mount -o loop cut disk && cp -r disk/run out; umount disk"));
        long survived = linesOf(out.resolve("metrics.jsonl"));
        assertTrue(survived < epochs, () -> survived + " epochs");
        epochs = (int) survived + 3;
        assertTrue(linesOf(out.resolve("log.jsonl")) < 4 * epochs);
        assertEquals(0, run(train("--resume", out, epochs)), this::quietComplaint);
        assertEquals(4 * epochs, linesOf(out.resolve("log.jsonl")));
        assertEquals(epochs, linesOf(out.resolve("metrics.jsonl")));
    }

    private static long linesOf(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file).size() : 0;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
