package io.gimbal.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.engine.StepRecord;
import io.gimbal.metric.Score;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import io.gimbal.train.DivergedException;
import io.gimbal.train.GuardedDevice;
import io.gimbal.train.TrainingStoppedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
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

    /**
     * Filters of 1e30 make outputs whose square no float32 holds; what is normalised by that is 0, and no loss shows
     * it.
     */
    @Test
    void aVarianceThatNoStepCanGoOnFromEndsTheTrainingAtTheNextCheckpoint() throws IOException {
        Path out = folder.resolve("run");
        DivergedException ended;
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(CONFIG),
                RunFolder.create(out, "tiny", CONFIG), () -> { })) {
            Map<String, float[]> tensors = new LinkedHashMap<>(run.trainer().step().model().read());
            Arrays.fill(tensors.get("trunk.0.weight"), 1e30f);
            run.trainer().step().model().write(tensors);
            ended = assertThrows(DivergedException.class, () -> run.run(new Quiet()));
        }
        assertTrue(ended.getMessage().startsWith("training stopped at step 4, which left what no step can go on from: "
                + "tensor 'trunk.1.running_var'"), ended.getMessage());
        assertTrue(ended.getMessage().endsWith("checkpoint.safetensors is of step 0"), ended.getMessage());
        assertEquals(4, lines(out.resolve("log.jsonl")).size());
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
                    assertEquals(List.of("unit", "value", "best_constant", "higher_is_better"), keys(figures));
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
            assertEquals(Set.of("gimbal.checkpoint", "data.count", "data.digest", "held_out.count", "held_out.digest",
                    "data.ahead", "metrics.lines", "data.mean", "data.deviation", "data.fit", "kinds.segmentation",
                    "kinds.depth", "kinds.normals", "names.segmentation"), file.metadata().keySet());
            assertEquals("1", file.metadata().get("gimbal.checkpoint"));
            assertEquals("9", file.metadata().get("data.count"));
            assertEquals("1", file.metadata().get("metrics.lines"), "before that of the validation behind it");
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

    private static final List<String> PAIRS = List.of("segmentation,depth", "segmentation,normals", "depth,normals");

    @Test
    void aDiagnosedRunLogsCosinesAndConditionToTheByteThoughItWasStopped() throws IOException {
        Config config = CONFIG.with("balance={\"method\": \"equal\", \"diagnose\": true}").with("validation=null");
        Path straight = folder.resolve("straight");
        start(config, straight, new Quiet());
        for (JsonNode line : lines(straight.resolve("log.jsonl"))) {
            assertEquals(PAIRS, keys(line.get("cosine")));
            assertTrue(line.get("condition").asDouble() > 1, line::toString);
            assertTrue(line.has("grad_norm"));
        }
        assertFalse(Files.exists(whole.resolve("gradients.svg")));
        String picture = Files.readString(straight.resolve("gradients.svg"));
        assertTrue(picture.startsWith("<svg") && picture.contains(">segmentation,depth<"), picture);
        Path out = folder.resolve("stopped");
        stopAt(config, out, 5, false);
        resume(config, out, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(straight, out));
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
                Files.createDirectories(to.resolve(name).getParent());
                Files.write(to.resolve(name), bytes);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"seed=8 | seed is 7 in the run and 8 here",
            "data.batch=3 | data.batch is 2 in the run and 3 here",
            "optimizer.lr=0.1 | optimizer.lr is 0.003 in the run and 0.1 here",
            "optimizer.eps=1e-3 | optimizer.eps is not given in the run and 0.001 here",
            "model.trunk[3].out=5 | model.trunk[3].out is 4 in the run and 5 here",
            "data.count=10 | data.count is 9 in the run and 10 here. To go on with other data add --data-changed"})
    void aKeyThatMayNotDifferIsNamedWithBothValues(String change, String difference) {
        Path out = folder.resolve("run");
        copy(whole, out);
        String message = assertThrows(UserException.class, () -> resume(CONFIG.with(change), out,
                new Quiet())).getMessage();
        assertTrue(message.startsWith(out + " was trained with another configuration than ")
                && message.contains(difference) && message.contains(out.resolve("config.json").toString()), message);
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    @Test
    void headsInAnotherOrderAreAnotherTraining() throws IOException {
        Path out = folder.resolve("run");
        copy(whole, out);
        String text = TinyRooms.TEXT;
        String depth = text.lines().filter(line -> line.contains("\"depth\": [")).findFirst().orElseThrow() + "\n";
        String segmentation = text.lines().filter(line -> line.contains("\"segmentation\": [")).findFirst()
                .orElseThrow() + "\n";
        Config swapped = Config.parse(text.replace(depth, "").replace(segmentation, depth + segmentation), "swapped");
        String message = assertThrows(UserException.class, () -> resume(swapped, out, new Quiet())).getMessage();
        assertTrue(message.contains("[segmentation, depth, normals]")
                && message.contains("[depth, segmentation, normals]"), message);
    }

    @Test
    void aFinishedRunTrainsOnForMoreEpochsAsOneThatBeganWithThem() throws IOException {
        Config more = CONFIG.with("schedule=null").with("epochs=4");
        Path unbroken = folder.resolve("unbroken");
        start(more, unbroken, new Quiet());
        Path out = folder.resolve("longer");
        start(more.with("epochs=2"), out, new Quiet());
        Quiet listener = new Quiet();
        resume(more, out, listener);
        assertEquals(8, listener.records.size());
        assertEquals(List.of(), TinyRooms.differences(unbroken, out), "the configuration is the new one, too");
        String message = assertThrows(UserException.class, () -> resume(more.with("epochs=3"), out, new Quiet()))
                .getMessage();
        assertTrue(message.contains("is of step 16") && message.contains("ends at 12"), message);
        resume(more.with("epochs=null").with("steps=18").with("name=other"), out, new Quiet());
        assertEquals(18, lines(out.resolve("log.jsonl")).size());
        assertEquals(List.of(4, 8, 12, 16, 18), steps(out));
        assertTrue(Files.readString(out.resolve("config.json")).contains("\"steps\": 18"));
    }

    private static List<Integer> steps(Path run) throws IOException {
        return lines(run.resolve("metrics.jsonl")).stream().map(line -> line.get("step").asInt()).toList();
    }

    @Test
    void theScheduleOfALongerTrainingIsTheNewOne() throws IOException {
        Path out = folder.resolve("longer");
        copy(whole, out);
        resume(CONFIG.with("epochs=4"), out, new Quiet());
        double last = lines(out.resolve("log.jsonl")).get(8).get("lr").asDouble();
        assertEquals(3e-3 * 0.5, last, 1e-6, "half of the way of a cosine of 16 steps; float32");
    }

    @Test
    void theValidationMayChangeAndTheMetricsGoOn() throws IOException {
        Path out = folder.resolve("changed");
        stopAt(CONFIG, out, 5, false);
        Quiet listener = new Quiet();
        resume(CONFIG.with("validation.count=5"), out, listener);
        assertEquals(List.of(4, 8), steps(out));
        assertEquals(5, listener.examples);
        assertTrue(listener.notes.getFirst().contains("5 examples now, and there were 3"), listener.notes.toString());
        Path without = folder.resolve("without");
        stopAt(CONFIG, without, 5, false);
        resume(CONFIG.with("validation=null"), without, new Quiet());
        resume(CONFIG.with("epochs=3"), without, new Quiet());
        assertEquals(List.of(4, 8, 12), steps(without), "at step 8 it is caught up with");
    }

    private static NyuFolders nyu(Path folder) throws IOException {
        return new NyuFolders(NyuFolder.write(folder.resolve("nyu"), 9, 2, 12));
    }

    /** Pictures on disk, and the training that reads them. */
    private record NyuFolders(Path data) {
        Config config() {
            return CONFIG.with("data={\"source\": \"nyuv2\", \"batch\": 2}").with("validation={}")
                    .with("data.path=" + data);
        }

        void list(String... names) throws IOException {
            Files.write(data.resolve("train.txt"), List.of(names));
        }
    }

    private static Map<String, List<Score>> resumeWithOtherData(Config config, Path out, TrainingListener listener) {
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(config),
                RunFolder.resume(out, config, true), () -> { })) {
            return run.run(listener);
        }
    }

    @Test
    void dataThatChangedAreRefusedByTheListsNameUntilTheUserSaysSo() throws IOException {
        NyuFolders nyu = nyu(folder);
        Path out = folder.resolve("run");
        stopAt(nyu.config(), out, 5, false);
        Map<String, byte[]> before = TinyRooms.contents(out);
        nyu.list("0001", "0002", "0003", "0004", "0005", "0006", "0007");
        String message = assertThrows(UserException.class, () -> resume(nyu.config(), out, new Quiet())).getMessage();
        assertTrue(message.contains("was trained on 9 examples of " + nyu.data.resolve("train.txt")
                + ", which has 7 now") && message.contains("--data-changed"), message);
        assertArrayEquals(before.get("log.jsonl"), Files.readAllBytes(out.resolve("log.jsonl")));
        Quiet listener = new Quiet();
        resumeWithOtherData(nyu.config(), out, listener);
        // Of two epochs of 4 batches one was done; the other has 3 now.
        assertEquals(List.of(4L, 5L, 6L), listener.records.stream().map(StepRecord::step).toList());
        assertTrue(listener.notes.getFirst().contains("7 examples now, and had 9"), listener.notes.toString());
        assertEquals(List.of(4, 7), steps(out));
        resume(nyu.config().with("epochs=3"), out, new Quiet());
        assertEquals(List.of(4, 7, 10), steps(out), "from then on these data are the run's own");
    }

    @Test
    void asManyOtherPicturesAreOtherDataAndAnotherFolderIsNot() throws IOException {
        NyuFolders nyu = nyu(folder);
        Path out = folder.resolve("run");
        stopAt(nyu.config(), out, 5, false);
        Path moved = Files.move(nyu.data, folder.resolve("elsewhere"));
        NyuFolders there = new NyuFolders(moved);
        Path unbroken = folder.resolve("unbroken");
        start(there.config(), unbroken, new Quiet());
        resume(there.config(), out, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(unbroken, out));
        List<String> names = new ArrayList<>(Files.readAllLines(moved.resolve("train.txt")));
        java.util.Collections.swap(names, 0, 1);
        there.list(names.toArray(String[]::new));
        String message = assertThrows(UserException.class, () -> resume(there.config(), out, new Quiet())).getMessage();
        assertTrue(message.contains("which has as many now, but with other names, in another order"), message);
        java.util.Collections.swap(names, 0, 1);
        there.list(names.toArray(String[]::new));
        Path picture = moved.resolve("train/rgb/0003.jpg");
        Files.write(picture, new byte[] {0}, java.nio.file.StandardOpenOption.APPEND);
        assertThrows(UserException.class, () -> resume(there.config(), out, new Quiet()));
    }

    /** The checkpoint is of step 6: of 9 pictures in epoch 1, behind 2 of its 4 batches. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"7 | 4, 6, 7, 10", "4 | 4, 6, 8", "8 | 4, 6, 8, 12", "2 | 4, 6, 7"})
    void otherDataGoOnInTheEpochThatWasBegunOrWithTheNextWhereItHasNoMore(int pictures, String validated)
            throws IOException {
        NyuFolders nyu = nyu(folder);
        Path out = folder.resolve("run");
        start(nyu.config().with("epochs=null").with("steps=6"), out, new Quiet());
        nyu.list(Files.readAllLines(nyu.data.resolve("train.txt")).subList(9 - pictures, 9).toArray(String[]::new));
        Quiet listener = new Quiet();
        resumeWithOtherData(nyu.config().with("epochs=3"), out, listener);
        assertEquals(validated, String.join(", ", steps(out).stream().map(String::valueOf).toList()));
        assertEquals(steps(out).getLast() - 6, listener.records.size());
        Map<String, byte[]> before = TinyRooms.contents(out);
        resume(nyu.config().with("epochs=3"), out, new Quiet());
        assertArrayEquals(before.get("metrics.jsonl"), Files.readAllBytes(out.resolve("metrics.jsonl")));
        assertArrayEquals(before.get("checkpoint.safetensors"),
                Files.readAllBytes(out.resolve("checkpoint.safetensors")));
    }

    @Test
    void aPictureThatVanishesUnderATrainingIsNamedAndWithItTheRunGoesOnToTheByte() throws IOException {
        NyuFolders nyu = nyu(folder);
        Config config = nyu.config().with("epochs=6").with("data.cache={\"memory_mib\": 0}");
        Path unbroken = folder.resolve("unbroken");
        start(config, unbroken, new Quiet());
        Path picture = nyu.data.resolve("train/rgb/0003.jpg");
        byte[] kept = Files.readAllBytes(picture);
        Path out = folder.resolve("run");
        Quiet listener = new Quiet() {
            @Override
            public void validated(long step, Map<String, List<Score>> scores, boolean best) {
                assertTrue(picture.toFile().delete());
            }
        };
        String message = assertThrows(UserException.class, () -> start(config, out, listener)).getMessage();
        assertTrue(message.startsWith(picture + ": this file is missing"), message);
        long step = stepOf(out.resolve("checkpoint.safetensors"));
        assertTrue(step >= 4 && step < 24, "the checkpoint is of step " + step);
        Files.write(picture, kept);
        resume(config, out, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(unbroken, out));
    }

    @Test
    void anInterruptKeepsEveryStepAndTheRunGoesOnToTheByte() throws IOException {
        Path out = folder.resolve("interrupted");
        Quiet listener = new Quiet() {
            @Override
            public void step(StepRecord record) {
                super.step(record);
                Thread.currentThread().interrupt();
            }
        };
        try {
            TrainingStoppedException stopped = assertThrows(TrainingStoppedException.class,
                    () -> start(CONFIG, out, listener));
            assertTrue(Thread.currentThread().isInterrupted(), "it stays marked");
            assertEquals(4, stopped.steps());
            assertEquals(4, listener.records.size());
            assertEquals(List.of(), listener.validations, "the validation was broken off");
        } finally {
            Thread.interrupted();
        }
        assertEquals(4, lines(out.resolve("log.jsonl")).size());
        assertEquals(4, stepOf(out.resolve("checkpoint.safetensors")));
        Quiet rest = new Quiet();
        resume(CONFIG, out, rest);
        assertEquals(List.of(4L, 8L), rest.validations, "the one that was broken off is made first");
        assertEquals(4, rest.records.size());
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    /** What is dropped at a step is a function of the seed and the step's number, which the checkpoint has. */
    @Test
    void aRunWithDropoutThatWasStoppedDropsWhatItWouldHaveDropped() throws IOException {
        Config config = CONFIG.with("model.trunk=[{\"layer\": \"conv2d\", \"out\": 5, \"kernel\": 3, \"padding\": 1, "
                + "\"stride\": 2}, {\"layer\": \"dropout\", \"p\": 0.4}, {\"layer\": \"relu\"}]");
        Path unbroken = folder.resolve("unbroken");
        start(config, unbroken, new Quiet());
        Path out = folder.resolve("interrupted");
        Quiet listener = new Quiet() {
            @Override
            public void step(StepRecord record) {
                super.step(record);
                Thread.currentThread().interrupt();
            }
        };
        try {
            assertThrows(TrainingStoppedException.class, () -> start(config, out, listener));
        } finally {
            Thread.interrupted();
        }
        assertTrue(listener.records.size() < TinyRooms.STEPS, "it was stopped");
        resume(config, out, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(unbroken, out));
    }

    @Test
    void aThreadThatIsInterruptedBeforeItTrainsMakesNoStepAndTheRunCanGoOn() {
        Path out = folder.resolve("interrupted");
        Thread.currentThread().interrupt();
        try {
            assertEquals(0, assertThrows(TrainingStoppedException.class, () -> start(CONFIG, out, new Quiet()))
                    .steps());
            assertThrows(TrainingStoppedException.class, () -> resume(CONFIG, out, new Quiet()));
        } finally {
            assertTrue(Thread.interrupted());
        }
        resume(CONFIG, out, new Quiet());
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    @Test
    void interruptsAtAnyMomentLoseNothing() throws InterruptedException {
        Config config = CONFIG.with("epochs=12");
        Path unbroken = folder.resolve("unbroken");
        start(config, unbroken, new Quiet());
        Random random = new Random(5);
        int stopped = 0;
        // A fast machine may be done before it is interrupted: then some more runs are.
        for (int run = 0; run < 3 || stopped < 6 && run < 60; run++) {
            Path out = folder.resolve("interrupted" + run);
            boolean resumed = false;
            for (boolean done = false; !done; resumed = true) {
                boolean going = resumed;
                AtomicReference<Throwable> thrown = new AtomicReference<>();
                Thread thread = new Thread(() -> {
                    try {
                        if (going) {
                            resume(config, out, new Quiet());
                        } else {
                            start(config, out, new Quiet());
                        }
                    } catch (Throwable failure) {
                        thrown.set(failure);
                    }
                });
                thread.start();
                thread.join(random.nextInt(1, 150));
                thread.interrupt();
                thread.join();
                done = thrown.get() == null;
                if (!done) {
                    assertInstanceOf(TrainingStoppedException.class, thrown.get(), () -> "" + thrown.get());
                    stopped++;
                }
            }
            assertEquals(List.of(), TinyRooms.differences(unbroken, out));
        }
        assertTrue(stopped >= 6, stopped + " of the interrupts found a training");
    }

    @Test
    void aHeldOutPictureThatIsBrokenCostsNoEpoch() throws IOException {
        NyuFolders nyu = nyu(folder);
        Path unbroken = folder.resolve("unbroken");
        start(nyu.config(), unbroken, new Quiet());
        Path picture = nyu.data.resolve("test/rgb/0002.jpg");
        byte[] good = Files.readAllBytes(picture);
        Files.write(picture, Arrays.copyOf(good, 100));
        Path out = folder.resolve("run");
        String message = assertThrows(UserException.class, () -> start(nyu.config(), out, new Quiet())).getMessage();
        assertTrue(message.startsWith(picture.toString()), message);
        assertEquals(4, stepOf(out.resolve("checkpoint.safetensors")));
        assertEquals(4, lines(out.resolve("log.jsonl")).size());
        assertThrows(UserException.class, () -> resume(nyu.config(), out, new Quiet()));
        Files.write(picture, good);
        Quiet listener = new Quiet();
        resume(nyu.config(), out, listener);
        assertEquals(4, listener.records.getFirst().step());
        assertEquals(List.of(4L, 8L), listener.validations, "the one that failed is made first");
        assertTrue(listener.notes.getFirst().contains("held-out data are others"), "its size was another");
        assertEquals(List.of(), TinyRooms.differences(unbroken, out));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 5})
    void aListenerThatThrowsTakesNoStepOutOfTheLog(int step) throws IOException {
        Path out = folder.resolve("run");
        stopAt(CONFIG, out, step, false);
        assertEquals(step < 4 ? 4 : 8, lines(out.resolve("log.jsonl")).size());
    }

    private static long stepOf(Path checkpoint) {
        try (TensorFile file = SafeTensors.open(checkpoint)) {
            return file.longs("counters", 4)[0];
        }
    }

    @Test
    void aCheckpointOfAnOlderGimbalGoesOnAndSaysThatItsDataAreNotKnown() throws IOException {
        Path out = folder.resolve("old");
        copy(whole, out);
        Path file = out.resolve("checkpoint.safetensors");
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (TensorFile good = SafeTensors.open(file)) {
            good.names().forEach(name -> tensors.put(name, good.read(name)));
        }
        SafeTensors.write(file, tensors, Map.of("gimbal.checkpoint", "1"));
        Quiet listener = new Quiet();
        assertEquals(scores, resume(CONFIG, out, listener));
        assertTrue(listener.notes.getFirst().contains("older Gimbal"), listener.notes.toString());
        assertEquals(List.of("checkpoint.safetensors"), TinyRooms.differences(whole, out));
        resume(CONFIG.with("epochs=3"), out, new Quiet());
        assertEquals(List.of(4, 8, 12), steps(out));
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
        assertEquals(nothing + ": there is no such folder; a run's folder is needed",
                assertThrows(UserException.class, () -> resume(CONFIG, nothing, new Quiet())).getMessage());
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertEquals(empty + " holds no checkpoint.safetensors to go on from, and no config.json; start anew with"
                + " --out "
                + empty, assertThrows(UserException.class, () -> resume(CONFIG, empty, new Quiet())).getMessage());
        Path robbed = folder.resolve("robbed");
        copy(whole, robbed);
        Files.delete(robbed.resolve("checkpoint.safetensors"));
        Map<String, byte[]> before = TinyRooms.contents(robbed);
        String message = assertThrows(UserException.class, () -> resume(CONFIG, robbed, new Quiet())).getMessage();
        assertEquals(robbed + " holds no checkpoint.safetensors to go on from, though steps were made (log.jsonl is"
                + " not empty); start anew with --out and another folder", message);
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
        assertEquals(List.of("checkpoint.safetensors", "config.json", "environment.jsonl", "log.jsonl",
                "metrics.jsonl", "speed.jsonl"), seen);
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
        for (String name : List.of("config.json", "log.jsonl", "metrics.jsonl", "speed.jsonl", "environment.jsonl",
                "samples.png", "report.html", "gradients.svg", "checkpoint.safetensors")) {
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
        for (String name : List.of("config.json", "log.jsonl", "metrics.jsonl", "speed.jsonl", "environment.jsonl",
                "samples.png", "report.html", "gradients.svg", "checkpoint.safetensors")) {
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
    void aRunWithFixedWeightsGoesOnFromACheckpointThatHasGradNormsRows() {
        Config config = CONFIG.with("balance={\"method\": \"equal\"}");
        Path out = folder.resolve("equal");
        Map<String, List<Score>> undisturbed = start(config, folder.resolve("undisturbed"), new Quiet());
        stopAt(config, out, 3, false);
        rewrite(out.resolve("checkpoint.safetensors"), tensors -> tensors.put("balance.state", HostTensor.ofDoubles(
                new long[] {5, 3}, 1, 1, 1, Double.NaN, Double.NaN, Double.NaN, 0, 0, 0, 0, 0, 0, 0, 0, 0)));
        assertEquals(undisturbed, resume(config, out, new Quiet()));
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
