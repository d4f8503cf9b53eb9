package io.gimbal.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.replay.CaseFolders;
import java.io.File;
import java.io.IOException;
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
import org.junit.jupiter.params.provider.FieldSource;

/** The PyTorch peers that Gimbal is timed against compute what the reference does, or they are not timed. */
class PeersTest {
    private static final List<String> PEERS = List.of("eager_gradnorm", "create_graph", "strong");
    private static final String WRONG = "held against another weight";

    @TempDir
    private static Path programs;
    private static Path launcher;

    private record Ended(int status, String said) {}

    private static Ended python(File directory, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("python3"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory).redirectErrorStream(true);
        builder.environment().put("GIMBAL_LAUNCHER", launcher.toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), said);
    }

    private static void needTorch() throws IOException, InterruptedException {
        assumeTrue(python(new File("."), "-c", "import importlib.util, sys; "
                + "sys.exit(importlib.util.find_spec('torch') is None)").status() == 0,
                "python3 has no torch; with it (pip install torch) the peers are checked");
    }

    /** What is compiled here, and not what the launcher of the checkout would compile meanwhile. */
    @BeforeAll
    static void writeALauncherAndRunTheWorkers() throws IOException, InterruptedException {
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
        runTheWorkers();
    }

    /** Each worker holds its first steps against its file; src/test/python/workers.py runs them. */
    private static void runTheWorkers() throws IOException, InterruptedException {
        Path source = CaseFolders.of("residual");
        Path expected = source.resolve("trace.jsonl");
        Path other = programs.resolve("trace.jsonl");
        Files.writeString(other, Files.readString(expected).replaceFirst("\"weight\": \\{\"edge\": 1.0",
                "\"weight\": {\"edge\": 1.01"));
        List<String> arguments = new ArrayList<>(List.of("cli/src/test/python/workers.py", programs.toString(),
                source.toString()));
        PEERS.forEach(peer -> arguments.addAll(List.of(peer, peer, expected.toString())));
        arguments.addAll(List.of(WRONG, PEERS.getFirst(), other.toString()));
        Ended ended = python(new File("."), arguments.toArray(String[]::new));
        assertEquals(0, ended.status(), ended.said());
    }

    private static Ended worker(String name) throws IOException {
        return new Ended(Integer.parseInt(Files.readString(programs.resolve(name + ".status"))),
                Files.readString(programs.resolve(name + ".said")));
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
    @FieldSource("PEERS")
    void peersComeToTheReferencesFigures(String peer) throws Exception {
        Ended ended = worker(peer);
        assertEquals(0, ended.status(), ended.said());
        assertTrue(ended.said().contains("\"checked_steps\": 20"), ended.said());
    }

    @Test
    void aPeerThatIsWrongIsNotTimed() throws Exception {
        Ended ended = worker(WRONG);
        assertEquals(1, ended.status(), ended.said());
        assertTrue(ended.said().contains("is wrong and is not timed"), ended.said());
    }
}
