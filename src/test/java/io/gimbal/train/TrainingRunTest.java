package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.engine.StepRecord;
import io.gimbal.metric.Score;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("device")
class TrainingRunTest {
    private static final Config CONFIG = Config.parse(TinyRooms.TEXT, "tiny.json");
    private static final List<String> TASKS = List.of("segmentation", "depth", "normals");

    private static Device device;
    @TempDir
    private static Path shared;
    /** A run that nothing stopped; only read. */
    private static Path whole;
    private static Quiet told;
    private static Map<String, List<Score>> scores;

    @TempDir
    private Path folder;

    @BeforeAll
    static void trainWithoutAStop() {
        device = GuardedDevice.open();
        whole = shared.resolve("whole");
        told = new Quiet();
        scores = start(CONFIG, whole, told);
    }

    @AfterAll
    static void close() {
        GuardedDevice.close(device);
    }

    private static Map<String, List<Score>> start(Config config, Path out, TrainingListener listener) {
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(config),
                RunFolder.create(out, "tiny", config), () -> { })) {
            return run.run(listener);
        }
    }

    private static Map<String, List<Score>> resume(Config config, Path out, TrainingListener listener) {
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(config), RunFolder.resume(out, config),
                () -> { })) {
            return run.run(listener);
        }
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    private static List<String> keys(JsonNode node) {
        List<String> keys = new ArrayList<>();
        node.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    @Test
    void aBatchThatCouldBeTrainedButNotValidatedIsRefusedAtTheStart() {
        Config config = CONFIG.with(List.of("model.input=[3,512,512]", "data.batch=200", "data.count=200"));
        String message = assertThrows(UserException.class, () -> start(config, folder.resolve("run"), new Quiet()))
                .getMessage();
        assertTrue(message.startsWith("A batch of 200 examples (data.batch) takes ") && message.contains("predictions"),
                message);
    }

    @Test
    void theLogHasALineAStep() throws IOException {
        List<JsonNode> log = lines(whole.resolve("log.jsonl"));
        assertEquals(TinyRooms.STEPS, log.size());
        for (int step = 0; step < TinyRooms.STEPS; step++) {
            JsonNode line = log.get(step);
            StepRecord record = told.records.get(step);
            assertEquals(List.of("step", "loss", "weight", "grad_norm", "total", "lr", "accepted"), keys(line));
            assertEquals(step, line.get("step").asInt());
            assertTrue(line.get("accepted").asBoolean());
            double total = 0;
            for (int task = 0; task < TASKS.size(); task++) {
                assertEquals(TASKS, keys(line.get("loss")));
                assertEquals(record.loss()[task], line.get("loss").get(TASKS.get(task)).asDouble());
                assertEquals(record.weight()[task], line.get("weight").get(TASKS.get(task)).asDouble());
                assertEquals(record.gradientNorm()[task], line.get("grad_norm").get(TASKS.get(task)).asDouble());
                assertTrue(record.gradientNorm()[task] > 0);
                total += record.weight()[task] * record.loss()[task];
            }
            // The kernel multiplies the float32 weight; the record has it in float64.
            assertEquals(total, line.get("total").asDouble(), 1e-6 * total);
            assertEquals(record.learningRate(), line.get("lr").asDouble());
        }
    }

    @Test
    void theMetricsHaveALineAnEpochWithEachTasksFiguresBesideTheBestConstants() throws IOException {
        List<JsonNode> metrics = lines(whole.resolve("metrics.jsonl"));
        assertEquals(2, metrics.size());
        assertEquals(List.of(4L, 8L), told.validations);
        assertEquals(3, told.examples);
        for (int epoch = 0; epoch < 2; epoch++) {
            JsonNode line = metrics.get(epoch);
            assertEquals(4 * (epoch + 1), line.get("step").asInt());
            assertEquals(List.of("step", "segmentation", "depth", "normals"), keys(line));
            for (String task : TASKS) {
                for (JsonNode figures : line.get(task)) {
                    assertEquals(List.of("unit", "value", "best_constant"), keys(figures));
                    assertTrue(figures.get("value").isNumber() && figures.get("best_constant").isNumber(),
                            figures::toString);
                }
            }
        }
        assertEquals(TASKS, List.copyOf(scores.keySet()));
        Score last = scores.get("depth").getFirst();
        assertEquals(last.value(), metrics.getLast().get("depth").get(last.name()).get("value").asDouble());
    }

    @Test
    void theSpeedHasALineAnEpochAndASentenceInTheEnd() throws IOException {
        List<JsonNode> speed = lines(whole.resolve("speed.jsonl"));
        assertEquals(2, speed.size());
        for (int epoch = 0; epoch < 2; epoch++) {
            JsonNode line = speed.get(epoch);
            assertEquals(List.of("step", "steps", "seconds", "examples_a_second", "starved_steps"), keys(line));
            assertEquals(4 * (epoch + 1), line.get("step").asInt());
            assertEquals(4, line.get("steps").asInt());
            assertEquals(4 * CONFIG.object("data").integer("batch") / line.get("seconds").asDouble(),
                    line.get("examples_a_second").asDouble(), 1e-9 * line.get("examples_a_second").asDouble());
            assertTrue(line.get("starved_steps").asInt() <= 3, "the first step of an epoch follows a wait");
        }
    }

    @Test
    void theCheckpointHoldsAllThatAStepDependsOn() {
        try (TensorFile file = SafeTensors.open(whole.resolve("checkpoint.safetensors"))) {
            List<String> model = List.of("trunk.0.weight", "trunk.1.weight", "trunk.1.bias", "trunk.3.weight",
                    "trunk.3.bias",
                    "heads.segmentation.0.weight", "heads.segmentation.0.bias", "heads.depth.0.weight",
                            "heads.depth.0.bias",
                    "heads.normals.0.weight", "heads.normals.0.bias");
            Set<String> names = new TreeSet<>(model);
            for (String name : model) {
                names.add("optimizer.moment.0." + name);
                names.add("optimizer.moment.1." + name);
            }
            names.addAll(List.of("trunk.1.running_mean", "trunk.1.running_var", "trunk.1.num_batches_tracked", "shared",
                    "balance.state",
                    "counters", "data.position"));
            assertEquals(names, new TreeSet<>(file.names()));
            assertEquals(Map.of("gimbal.checkpoint", "1"), file.metadata());
            assertArrayEquals(new long[] {TinyRooms.STEPS, TinyRooms.STEPS, 0, 0}, file.longs("counters", 4));
            assertArrayEquals(new long[] {7, 2, 0}, file.longs("data.position", 3));
            assertArrayEquals(new long[] {TinyRooms.STEPS}, file.longs("trunk.1.num_batches_tracked"));
            double[] balance = file.read("balance.state").doubles();
            assertEquals(3, balance[0] + balance[1] + balance[2], 1e-12, "the weights sum to the number of tasks");
            for (int task = 0; task < 3; task++) {
                assertEquals(told.records.getFirst().loss()[task], balance[3 + task],
                        "the first losses are what the rates are relative to");
            }
            assertArrayEquals(file.read("trunk.3.weight").floats(), file.read("shared").floats());
        }
    }

    @Test
    void theFolderHoldsTheConfigurationThatStartsTheSameRunAgain() {
        start(Config.read(whole.resolve("config.json")), folder.resolve("again"), new Quiet());
        assertEquals(List.of(), TinyRooms.differences(whole, folder.resolve("again")));
    }

    @Test
    void aRunWithoutGradNormLogsNoNorms() throws IOException {
        Config config = CONFIG.with("balance={\"method\": \"equal\"}").with("epochs=1").with("validation=null");
        assertEquals(Map.of(), start(config, folder.resolve("equal"), new Quiet()));
        assertFalse(lines(folder.resolve("equal/log.jsonl")).getFirst().has("grad_norm"));
        assertFalse(Files.exists(folder.resolve("equal/metrics.jsonl")));
    }

    /** Stops a run as soon as it is told of a step. */
    private static final class Stop extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static void stopAt(Config config, Path out, long step, boolean resume) {
        Quiet listener = new Quiet() {
            @Override
            public void step(StepRecord record) {
                if (record.step() == step) {
                    throw new Stop();
                }
            }
        };
        assertThrows(Stop.class, () -> {
            if (resume) {
                resume(config, out, listener);
            } else {
                start(config, out, listener);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 3, 4, 7})
    void aRunThatWasStoppedAtAnyStepEndsAsOneThatWasNot(int step) {
        Path out = folder.resolve("stopped");
        stopAt(CONFIG, out, step, false);
        assertFalse(TinyRooms.differences(whole, out).isEmpty());
        Quiet listener = new Quiet();
        assertEquals(scores, resume(CONFIG, out, listener));
        assertEquals(List.of(), TinyRooms.differences(whole, out));
        int kept = step < 4 ? 0 : 4;
        assertEquals(TinyRooms.STEPS - kept, listener.records.size());
        assertEquals(kept, listener.records.getFirst().step());
    }

    @Test
    void aRunMayBeStoppedAgainAndAgain() {
        Path out = folder.resolve("stopped");
        stopAt(CONFIG, out, 2, false);
        stopAt(CONFIG, out, 3, true);
        stopAt(CONFIG, out, 5, true);
        stopAt(CONFIG, out, 7, true);
        resume(CONFIG, out, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    @Test
    void resumingAFinishedRunShowsItsScoresAndChangesNothing() {
        Path out = folder.resolve("finished");
        copy(whole, out);
        Quiet listener = new Quiet();
        assertEquals(scores, resume(CONFIG, out, listener));
        assertEquals(List.of(), listener.records);
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    /** The last validation is of an epoch that is not whole. */
    @ParameterizedTest
    @ValueSource(ints = {2, 5, 7})
    void aRunOfAnyNumberOfStepsResumesAsWell(int steps) throws IOException {
        Config config = CONFIG.with("epochs=null").with("steps=" + steps);
        Path unbroken = folder.resolve("unbroken");
        Path out = folder.resolve("stopped");
        start(config, unbroken, new Quiet());
        assertEquals(steps / 4 + 1, lines(unbroken.resolve("metrics.jsonl")).size());
        stopAt(config, out, steps - 1, false);
        resume(config, out, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(unbroken, out));
        resume(config, out, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(unbroken, out));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"method\": \"sgd\", \"lr\": 0.01}",
            "{\"method\": \"sgd\", \"lr\": 0.01, \"momentum\": 0.9}",
            "{\"method\": \"adamw\", \"lr\": 0.01, \"weight_decay\": 0.1}"})
    void everyOptimiserResumes(String optimizer) {
        Config config = CONFIG.with("optimizer=" + optimizer);
        start(config, folder.resolve("unbroken"), new Quiet());
        stopAt(config, folder.resolve("stopped"), 6, false);
        resume(config, folder.resolve("stopped"), new Quiet());
        assertEquals(List.of(), TinyRooms.differences(folder.resolve("unbroken"), folder.resolve("stopped")));
    }

    private static void copy(Path from, Path to) {
        TinyRooms.contents(from).forEach((name, bytes) -> {
            try {
                Files.createDirectories(to);
                Files.write(to.resolve(name), bytes);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"seed=8", "data.batch=3", "optimizer.lr=0.1", "epochs=3", "name=other"})
    void resumingWithAnotherConfigurationIsRefused(String change) {
        Path out = folder.resolve("run");
        copy(whole, out);
        String message = assertThrows(UserException.class, () -> resume(CONFIG.with(change), out,
                new Quiet())).getMessage();
        assertTrue(message.contains(out.toString()) && message.contains("another configuration")
                && message.contains(out.resolve("config.json").toString()), message);
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    @Test
    void aFolderThatHoldsAnotherRunIsRefusedAndNothingInItChanges() {
        Path out = folder.resolve("run");
        copy(whole, out);
        String message = assertThrows(UserException.class, () -> start(CONFIG, out, new Quiet())).getMessage();
        assertTrue(message.contains(out + " holds another run") && message.contains("--resume"), message);
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    @Test
    void aFolderOfOtherFilesTakesARunAndKeepsThem() throws IOException {
        Files.writeString(folder.resolve("notes.txt"), "mine");
        start(CONFIG, folder, new Quiet());
        assertEquals(List.of("notes.txt"), TinyRooms.differences(whole, folder));
        assertEquals("mine", Files.readString(folder.resolve("notes.txt")));
    }

    @Test
    void aFileIsNoFolderForARun() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        String message = assertThrows(UserException.class, () -> start(CONFIG, file, new Quiet())).getMessage();
        assertEquals(file + " is a file; a run needs a folder: name another with --out", message);
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void whatIsNoRunCannotBeResumedAndSaysWhatToDo() throws IOException {
        Path nothing = folder.resolve("nothing");
        assertEquals(nothing + ": there is no such folder; --resume takes the folder of a run",
                assertThrows(UserException.class, () -> resume(CONFIG, nothing, new Quiet())).getMessage());
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertEquals(empty + " holds no checkpoint.safetensors to go on from, and no config.json; start anew with --out "
                + empty, assertThrows(UserException.class, () -> resume(CONFIG, empty, new Quiet())).getMessage());
        Path robbed = folder.resolve("robbed");
        copy(whole, robbed);
        Files.delete(robbed.resolve("checkpoint.safetensors"));
        Map<String, byte[]> before = TinyRooms.contents(robbed);
        String message = assertThrows(UserException.class, () -> resume(CONFIG, robbed, new Quiet())).getMessage();
        assertEquals(robbed + " holds no checkpoint.safetensors to go on from, though steps were made (log.jsonl is not "
                + "empty); start anew with --out and another folder", message);
        TinyRooms.contents(robbed).forEach((name, bytes) -> assertArrayEquals(before.get(name), bytes, name));
    }

    @Test
    void aRunThatEndedBeforeItsFirstCheckpointStartsAnew() throws IOException {
        Path early = Files.createDirectory(folder.resolve("early"));
        Files.createFile(early.resolve("log.jsonl"));
        Files.createFile(early.resolve("metrics.jsonl"));
        Files.createFile(early.resolve(".lock"));
        Path configured = folder.resolve("configured");
        copy(early, configured);
        Files.copy(whole.resolve("config.json"), configured.resolve("config.json"));
        start(CONFIG, early, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(whole, early));
        String message = assertThrows(UserException.class, () -> start(CONFIG, configured, new Quiet())).getMessage();
        assertTrue(message.startsWith(configured + " holds a config.json already")
                && message.endsWith("--resume " + configured), message);
        resume(CONFIG, configured, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(whole, configured));
    }

    /** As where the power went between the two files. */
    @Test
    void aFirstCheckpointWithoutAConfigurationIsGoneOnFromAndALaterOneIsNot() throws IOException {
        Path out = folder.resolve("first");
        stopAt(CONFIG, out, 0, false);
        Files.delete(out.resolve("config.json"));
        resume(CONFIG, out, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(whole, out));
        Files.delete(out.resolve("config.json"));
        String message = assertThrows(UserException.class, () -> resume(CONFIG, out, new Quiet())).getMessage();
        assertTrue(message.startsWith(out.resolve("config.json") + ": there is no such file"), message);
        assertEquals(List.of("config.json"), TinyRooms.differences(whole, out));
    }

    @Test
    void theConfigurationIsWrittenBehindTheFirstCheckpointAndBeforeTheFirstStep() {
        Path out = folder.resolve("run");
        List<String> seen = new ArrayList<>();
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(CONFIG),
                RunFolder.create(out, "tiny", CONFIG), () -> { })) {
            assertEquals(Set.of(), TinyRooms.contents(out).keySet());
            run.run(new Quiet() {
                @Override
                public void step(StepRecord record) {
                    if (seen.isEmpty()) {
                        seen.addAll(TinyRooms.contents(out).keySet());
                    }
                }
            });
        }
        assertEquals(List.of("checkpoint.safetensors", "config.json", "log.jsonl", "metrics.jsonl", "speed.jsonl"), seen);
    }

    @Test
    void aFolderInWhichOneTrainsIsRefusedToOthers() {
        Path out = folder.resolve("run");
        RunFolder planned = RunFolder.create(out, "tiny", CONFIG);
        TrainingConfig config = TrainingConfig.read(CONFIG);
        try (TrainingRun first = new TrainingRun(device, config, RunFolder.create(out, "tiny", CONFIG), () -> { })) {
            String message = assertThrows(UserException.class,
                    () -> new TrainingRun(device, config, planned, () -> { })).getMessage();
            assertTrue(message.startsWith(out + " is in use: another training or replay in this process"), message);
            first.run(new Quiet() {
                @Override
                public void step(StepRecord record) {
                    assertThrows(UserException.class, () -> resume(CONFIG, out, new Quiet()));
                }
            });
            RunFolder again = RunFolder.resume(out, CONFIG);
            assertThrows(UserException.class, () -> new TrainingRun(device, config, again, () -> { }));
        }
        assertEquals(List.of(), TinyRooms.differences(whole, out));
        assertEquals(scores, resume(CONFIG, out, new Quiet()));
    }

    @Test
    void whatARunWouldOverwriteIsRefusedAndStays() throws IOException {
        Path mine = Files.writeString(folder.resolve("mine"), "mine");
        for (String name : List.of("config.json", "log.jsonl", "metrics.jsonl", "speed.jsonl", "samples.png",
                "checkpoint.safetensors")) {
            Path out = Files.createDirectory(folder.resolve("of " + name));
            Path file = Files.writeString(out.resolve(name), "mine");
            refusedStart(out, name);
            assertEquals("mine", Files.readString(file));
            Files.delete(file);
            Files.createSymbolicLink(file, mine);
            refusedStart(out, name);
            Files.delete(file);
            Files.createSymbolicLink(file, folder.resolve("nowhere"));
            refusedStart(out, name);
            Files.delete(file);
        }
        assertEquals("mine", Files.readString(mine));
        assertFalse(Files.exists(folder.resolve("nowhere")));
    }

    private static void refusedStart(Path out, String name) {
        String message = assertThrows(UserException.class, () -> start(CONFIG, out, new Quiet())).getMessage();
        assertTrue(message.startsWith(out.toString()) && message.contains("--out")
                && (message.contains(name) || message.contains("holds another run")), message);
        assertFalse(Files.exists(out.resolve(".lock")), "nothing was touched");
    }

    @Test
    void whatIsNoOrdinaryFileInARunsFolderIsRefusedBeforeItIsOpened() throws IOException {
        for (String name : List.of("config.json", "log.jsonl", "metrics.jsonl", "speed.jsonl", "samples.png",
                "checkpoint.safetensors")) {
            Path out = folder.resolve("device as " + name);
            copy(whole, out);
            Files.deleteIfExists(out.resolve(name));
            Files.createSymbolicLink(out.resolve(name), Path.of("/dev/zero"));
            String message = assertThrows(UserException.class, () -> resume(CONFIG, out, new Quiet())).getMessage();
            assertEquals(out.resolve(name) + ": is a pipe or a device, where a run's " + name + " is needed.", message);
            Files.delete(out.resolve(name));
        }
    }

    @Test
    void aRunThatCannotBeBuiltLeavesNoFolder() {
        Path out = folder.resolve("run");
        DeviceUnderTest.switches(device).failAllocation(2);
        try {
            assertThrows(RuntimeException.class, () -> start(CONFIG, out, new Quiet()));
        } finally {
            DeviceUnderTest.switches(device).failAllocation(0);
        }
        assertFalse(Files.exists(out));
    }

    private static void rewrite(Path file, java.util.function.Consumer<Map<String, HostTensor>> change) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        Map<String, String> metadata;
        try (TensorFile good = SafeTensors.open(file)) {
            good.names().forEach(name -> tensors.put(name, good.read(name)));
            metadata = good.metadata();
        }
        change.accept(tensors);
        SafeTensors.write(file, tensors, metadata);
    }

    private String refusedCheckpoint(java.util.function.Consumer<Map<String, HostTensor>> change) {
        Path out = folder.resolve("damaged");
        copy(whole, out);
        Path file = out.resolve("checkpoint.safetensors");
        rewrite(file, change);
        Map<String, byte[]> before = TinyRooms.contents(out);
        String message = assertThrows(UserException.class, () -> resume(CONFIG, out, new Quiet())).getMessage();
        Map<String, byte[]> after = TinyRooms.contents(out);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
        assertTrue(message.startsWith(file.toString()) || message.startsWith(out.resolve("log.jsonl").toString()),
                message);
        return message;
    }

    @ParameterizedTest
    @ValueSource(strings = {"trunk.0.weight", "trunk.1.running_var", "optimizer.moment.1.heads.depth.0.bias",
            "balance.state", "counters",
            "data.position"})
    void aCheckpointWithoutOneOfItsTensorsIsRefused(String name) {
        String message = refusedCheckpoint(tensors -> tensors.remove(name));
        assertTrue(message.contains(name), message);
    }

    @Test
    void aCheckpointOfAnotherNetworkIsRefused() {
        String message = refusedCheckpoint(tensors -> tensors.put("trunk.9.weight",
                HostTensor.ofFloats(new long[] {1}, 0)));
        assertTrue(message.contains("trunk.9.weight") && message.contains("not of this network"), message);
        message = refusedCheckpoint(tensors -> tensors.put("trunk.3.bias",
                HostTensor.ofFloats(new long[] {5}, new float[5])));
        assertTrue(message.contains("trunk.3.bias") && message.contains("[5]") && message.contains("[4]"), message);
        message = refusedCheckpoint(tensors -> tensors.put("balance.state",
                HostTensor.ofDoubles(new long[] {5, 2}, new double[10])));
        assertTrue(message.contains("balance.state"), message);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0, 0, 0", "8, -8, 16, 0", "8, 9, -1, 0", "8, 8, 0, -1", "8, 7, 0, 0", "8, 7, 1, 2", "9, 9, 0, 0",
            "9223372036854775807, 9223372036854775807, 0, 0"})
    void countersThatCannotBeAreRefused(long steps, long accepted, long rejected, long inARow) {
        String message = refusedCheckpoint(tensors -> tensors.put("counters",
                HostTensor.ofLongs(new long[] {4}, steps, accepted, rejected, inARow)));
        assertTrue(message.contains("counters") || message.contains("ends at 8"), message);
    }

    @ParameterizedTest
    @CsvSource({"7, -1, 0", "7, 2, -4", "8, 2, 0", "7, 0, 8", "7, 1, 3", "7, 3, 0", "7, 0, 4294967296"})
    void aDataPositionThatIsNotTheStepsIsRefused(long seed, long epoch, long batch) {
        String message = refusedCheckpoint(tensors -> tensors.put("data.position",
                HostTensor.ofLongs(new long[] {3}, seed, epoch, batch)));
        assertTrue(message.contains("data position"), message);
    }

    private static HostTensor changed(HostTensor tensor, int place, double value) {
        if (!tensor.type().floating()) {
            long[] values = tensor.longs();
            values[place] = (long) value;
            return HostTensor.ofLongs(tensor.shape(), values);
        }
        double[] values = tensor.doubles();
        values[place] = value;
        return HostTensor.ofDoubles(tensor.shape(), values);
    }

    /** Of balance.state, rows of three tasks: weight, L(0), first moment, second moment, updates. */
    @ParameterizedTest
    @CsvSource({"trunk.3.bias, 2, NaN", "trunk.0.weight, 107, Infinity", "trunk.1.running_mean, 0, -Infinity",
            "trunk.1.running_var, 3, -1e-9", "trunk.1.running_var, 1, NaN", "trunk.1.num_batches_tracked, 0, -5",
            "shared, 143, NaN", "optimizer.moment.0.heads.depth.0.bias, 0, NaN",
            "optimizer.moment.1.heads.depth.0.bias, 0, -1", "optimizer.moment.1.trunk.0.weight, 5, Infinity",
            "balance.state, 0, -1", "balance.state, 2, NaN", "balance.state, 4, Infinity", "balance.state, 5, -1",
            "balance.state, 7, NaN", "balance.state, 9, -1e-9", "balance.state, 12, 9", "balance.state, 13, 0.5",
            "balance.state, 14, -1"})
    void valuesThatNoStepLeavesInACheckpointAreRefused(String name, int place, double value) {
        String message = refusedCheckpoint(tensors -> tensors.put(name, changed(tensors.get(name), place, value)));
        String shown = name.contains("num_batches") ? "-5" : Double.toString(value);
        assertTrue(message.contains("'" + name + "'") && message.contains(" is " + shown + ";"), message);
        assertTrue(message.contains(name.equals("balance.state") ? "task " + place % 3 : "value " + place), message);
    }

    @Test
    void aLossThatWasNotSeenYetIsNoFaultInACheckpoint() {
        Path out = folder.resolve("unseen");
        copy(whole, out);
        Path file = out.resolve("checkpoint.safetensors");
        rewrite(file, tensors -> tensors.put("balance.state", changed(tensors.get("balance.state"), 4, Double.NaN)));
        assertEquals(scores, resume(CONFIG, out, new Quiet()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"optimizer.moment.2.trunk.3.bias", "optimizer.moment.0.trunk.1.running_var",
            "optimizer.moment.0.trunk.9.bias", "optimizer.rate", "counters.more", "balance.state2", "data.position.2"})
    void tensorsThatNobodyReadsAreRefusedByName(String name) {
        String message = refusedCheckpoint(tensors -> tensors.put(name, HostTensor.ofFloats(new long[] {4},
                new float[4])));
        assertTrue(message.contains("'" + name + "' is not of this "), message);
    }

    @Test
    void aLogThatIsShorterThanTheCheckpointIsRefused() throws IOException {
        Path out = folder.resolve("short");
        copy(whole, out);
        List<String> log = Files.readAllLines(out.resolve("log.jsonl"));
        Files.write(out.resolve("log.jsonl"), log.subList(0, 5));
        Map<String, byte[]> before = TinyRooms.contents(out);
        String message = assertThrows(UserException.class, () -> resume(CONFIG, out, new Quiet())).getMessage();
        assertTrue(message.startsWith(out.resolve("log.jsonl").toString()) && message.contains("5 lines")
                && message.contains("needs 8"), message);
        assertArrayEquals(before.get("metrics.jsonl"), Files.readAllBytes(out.resolve("metrics.jsonl")));
    }

    @Test
    void aFileCutShortOrOfAnotherKindIsNoCheckpoint() throws IOException {
        Path out = folder.resolve("run");
        copy(whole, out);
        Path file = out.resolve("checkpoint.safetensors");
        byte[] good = Files.readAllBytes(file);
        for (int length : new int[] {0, 7, 8, 500, good.length - 1}) {
            Files.write(file, Arrays.copyOf(good, length));
            String message = assertThrows(UserException.class, () -> resume(CONFIG, out, new Quiet())).getMessage();
            assertTrue(message.startsWith(file.toString()), message);
        }
        Files.delete(file);
        SafeTensors.write(file, Map.of("trunk.0.weight", HostTensor.ofFloats(new long[] {1}, 0)), Map.of());
        String message = assertThrows(UserException.class, () -> resume(CONFIG, out, new Quiet())).getMessage();
        assertTrue(message.contains("is not a checkpoint of this version of Gimbal"), message);
    }
}
