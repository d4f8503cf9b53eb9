package io.gimbal.replay;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.SoftwareSearch;
import io.gimbal.program.Peers;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several ranks, each a process with its part of every batch, against the reference, which has the whole batch. */
class RankReplayTest {
    private static final int MINUTES = 10;

    @TempDir
    private Path folder;

    /** Every case whose batches so many ranks can share out, and so every balancing rule. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void ranksComeToTheReferencesFiguresOfTheWholeBatchAndAllToTheSameBits(int ranks) throws Exception {
        List<String> cases = CaseFolders.all().stream().filter(source -> divides(ranks, source))
                .map(source -> source.getFileName().toString()).toList();
        assertTrue(cases.size() >= (ranks == 4 ? 4 : 30), cases.size() + " cases for " + ranks + " ranks");
        replay(ranks, cases);
        assertAll(cases.stream().map(name -> () -> {
            Path first = folder.resolve("rank0").resolve(name);
            CaseComparison.assertTraceIsTheReferences(CaseFolders.of(name), first);
            CaseComparison.assertTensorsAreTheReferences(CaseFolders.of(name), first);
            for (int rank = 1; rank < ranks; rank++) {
                Path other = folder.resolve("rank" + rank).resolve(name);
                for (String file : List.of("trace.jsonl", "final.safetensors")) {
                    assertArrayEquals(Files.readAllBytes(first.resolve(file)), Files.readAllBytes(other.resolve(file)),
                            name + ", " + file + " of rank " + rank);
                }
            }
        }));
    }

    private static boolean divides(int ranks, Path source) {
        try (TensorFile batches = SafeTensors.open(source.resolve("batches.safetensors"))) {
            return new CaseBatches(batches, Peers.NONE).batchSize() % ranks == 0;
        }
    }

    private void replay(int ranks, List<String> cases) throws IOException, InterruptedException {
        List<Process> processes = new ArrayList<>();
        List<Path> logs = new ArrayList<>();
        try {
            for (int rank = 0; rank < ranks; rank++) {
                List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin",
                        "java").toString(), "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-Xmx512m",
                        "-D" + SoftwareSearch.PROPERTY + "=" + System.getProperty(SoftwareSearch.PROPERTY), "-cp",
                        System.getProperty("java.class.path"), RankReplay.class.getName(), folder.toString(),
                        Integer.toString(rank), Integer.toString(ranks)));
                command.addAll(cases);
                logs.add(folder.resolve("log" + rank));
                ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                        .redirectOutput(logs.getLast().toFile());
                builder.environment().put("GIMBAL_SOFT_THREADS", "1");
                processes.add(builder.start());
            }
            for (Process process : processes) {
                assertTrue(process.waitFor(MINUTES, TimeUnit.MINUTES), "a rank did not end; " + texts(logs));
            }
            for (int rank = 0; rank < ranks; rank++) {
                assertEquals(0, processes.get(rank).exitValue(), "rank " + rank + "; " + texts(logs));
            }
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }

    private static String texts(List<Path> logs) {
        return String.join("\n", logs.stream().map(log -> {
            try {
                return log.getFileName() + ": " + Files.readString(log);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }).toList());
    }
}
