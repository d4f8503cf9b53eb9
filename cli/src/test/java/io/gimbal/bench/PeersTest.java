package io.gimbal.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.replay.CaseFolders;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The PyTorch peers that Gimbal is timed against compute what the reference does, or they are not timed. */
class PeersTest {
    @TempDir
    private static Path programs;
    private static Path launcher;

    @TempDir
    private Path folder;

    private record Ended(int status, String said) {}

    private static Ended python(File directory, String... arguments) throws IOException, InterruptedException {
        return pythonTold("", directory, arguments);
    }

    private static Ended pythonTold(String told, File directory, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("python3"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory).redirectErrorStream(true);
        builder.environment().put("GIMBAL_LAUNCHER", launcher.toString());
        Process process = builder.start();
        // A worker ends when its standard input does.
        try (OutputStream input = process.getOutputStream()) {
            input.write(told.getBytes(StandardCharsets.UTF_8));
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), said);
    }

    private static void needTorch() throws IOException, InterruptedException {
        assumeTrue(python(new File("."), "-c", "import torch").status() == 0,
                "python3 has no torch; with it (pip install torch) the peers are checked");
    }

    /** What is compiled here, and not what the launcher of the checkout would compile meanwhile. */
    @BeforeAll
    static void writeALauncher() throws IOException, InterruptedException {
        launcher = programs.resolve("gimbal");
        Files.writeString(launcher, """
                #!/bin/sh
                exec '%s' --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true '-Dgimbal.softcuda=%s' \\
                    '-Dgimbal.engines=%s' -classpath '%s' io.gimbal.cli.Main "$@"
                """.formatted(Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("gimbal.softcuda"), System.getProperty("gimbal.engines"),
                System.getProperty("java.class.path")));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
        needTorch();
    }

    /** Runs a peer's worker until it has held its first steps against a file. */
    private static Ended check(String peer, Path source, Path expected) throws IOException, InterruptedException {
        return pythonTold("check " + expected + "\n", new File("."), "bench/pytorch/worker.py", peer,
                source.toString());
    }

    /** bench/pytorch/test_*.py: peers against traces, wrong ones refused, networks, files, and the script. */
    @Test
    @Tag("peers")
    void thePeersOwnTestsPass() throws Exception {
        Ended ended = python(new File("bench/pytorch"), "-m", "unittest");
        assertEquals(0, ended.status(), ended.said());
        assertTrue(ended.said().contains("\nOK"), ended.said());
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager_gradnorm", "create_graph", "strong"})
    void peersComeToTheReferencesFigures(String peer) throws Exception {
        Path source = CaseFolders.of("residual");
        Ended ended = check(peer, source, source.resolve("trace.jsonl"));
        assertEquals(0, ended.status(), ended.said());
        assertTrue(ended.said().contains("\"checked_steps\": 20"), ended.said());
    }

    @Test
    void aPeerThatIsWrongIsNotTimed() throws Exception {
        Path source = CaseFolders.of("residual");
        Path expected = folder.resolve("trace.jsonl");
        String trace = Files.readString(source.resolve("trace.jsonl"));
        Files.writeString(expected, trace.replaceFirst("\"weight\": \\{\"edge\": 1.0", "\"weight\": {\"edge\": 1.01"));
        Ended ended = check("eager_gradnorm", source, expected);
        assertEquals(1, ended.status(), ended.said());
        assertTrue(ended.said().contains("is wrong and is not timed"), ended.said());
    }
}
