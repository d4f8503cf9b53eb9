package io.gimbal.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.checkpoint.BestStep;
import io.gimbal.checkpoint.StartValues;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.LoadedModel;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.StepRecord;
import io.gimbal.export.ModelFolder;
import io.gimbal.metric.Score;
import io.gimbal.predict.Model;
import io.gimbal.predict.Predictor;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import io.gimbal.train.Validation;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that keeps averages of its parameters validates, keeps and hands out these. */
@Tag("device")
class AveragedRunTest {
    private static final String AVERAGE = "average.";
    private static final Config WITHOUT = Config.parse(TinyRooms.TEXT, "tiny.json").with("optimizer.lr=0.02");
    private static final Config CONFIG = WITHOUT.with("optimizer.average=0.9");

    private static Device device;
    @TempDir
    private static Path shared;
    /** A run that nothing stopped; only read. */
    private static Path whole;
    private static Map<String, List<Score>> scores;
    /** What its checkpoint holds. */
    private static Map<String, float[]> parameters;
    private static Map<String, float[]> averages;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() {
        device = DeviceUnderTest.open();
        whole = shared.resolve("whole");
        scores = start(CONFIG, whole, new Quiet());
        Map<String, float[]> all = floats(checkpoint(whole));
        Set<String> model = graph().shapes().keySet();
        parameters = part(all, "", model);
        averages = part(all, AVERAGE, model);
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static Path checkpoint(Path run) {
        return run.resolve("checkpoint.safetensors");
    }

    private static NetworkGraph graph() {
        return TrainingPlan.read(CONFIG).network().graph(2);
    }

    private static Map<String, float[]> floats(Path path) {
        Map<String, float[]> floats = new LinkedHashMap<>();
        try (TensorFile file = SafeTensors.open(path)) {
            file.names().stream().filter(name -> file.entry(name).type().floating())
                    .forEach(name -> floats.put(name, file.read(name).floats()));
        }
        return floats;
    }

    private static Map<String, float[]> part(Map<String, float[]> all, String prefix, Set<String> names) {
        Map<String, float[]> part = new LinkedHashMap<>();
        names.forEach(name -> part.put(name, all.get(prefix + name)));
        return part;
    }

    private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
        expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
    }

    private static Map<String, List<Score>> start(Config config, Path out, Quiet listener) {
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(config), RunFolder.create(out, "tiny",
                config), () -> { })) {
            return run.run(listener);
        }
    }

    private static Map<String, List<Score>> resume(Config config, Path out) {
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(config), RunFolder.resume(out, config),
                () -> { })) {
            return run.run(new Quiet());
        }
    }

    private static Map<String, List<Score>> scoresOf(Map<String, float[]> values) {
        TrainingConfig config = TrainingConfig.read(CONFIG);
        try (LoadedModel loaded = new LoadedModel(device, graph(), config.plan().precision(), values);
                InferenceStep inference = new InferenceStep(device, loaded.memory(), graph())) {
            return new Validation(config.validation().orElseThrow(), config.plan().tasks(), 2).scores(inference);
        }
    }

    @Test
    void theCheckpointHoldsThemBesideTheModelsOwnTensors() {
        assertFalse(averages.containsValue(null), () -> averages.keySet().toString());
        averages.forEach((name, values) -> assertNotEquals(hash(values), hash(parameters.get(name)), name));
        try (TensorFile file = SafeTensors.open(checkpoint(whole))) {
            assertEquals(graph().shapes().keySet().stream().map(name -> AVERAGE + name).collect(Collectors.toSet()),
                    file.names().stream().filter(name -> name.startsWith(AVERAGE)).collect(Collectors.toSet()));
        }
    }

    private static int hash(float[] values) {
        return java.util.Arrays.hashCode(values);
    }

    @Test
    void theyAreWhatIsValidatedAndNotTheParameters() {
        assertEquals(scoresOf(averages), scores);
        assertNotEquals(scoresOf(parameters), scores);
    }

    /** Of a run of one epoch the only validation is the best. */
    @Test
    void theyAreWhatIsBestAndWhatItsFileHolds() {
        Config config = CONFIG.with("epochs=1").with("best={\"task\": \"depth\", \"metric\": \"RMSE\"}");
        Path run = folder.resolve("run");
        start(config, run, new Quiet());
        Map<String, float[]> kept = part(floats(checkpoint(run)), AVERAGE, graph().shapes().keySet());
        assertSame(kept, floats(run.resolve("best.safetensors")));
        Score depth = scoresOf(kept).get("depth").stream().filter(score -> score.name().equals("RMSE")).findFirst()
                .orElseThrow();
        assertEquals(depth.value(), BestStep.read(run.resolve("best.safetensors")).value());
        assertSame(kept, TrainedModel.read(run, Optional.of(TrainedModel.Which.BEST)).values());
    }

    @Test
    void theyAreWhatComesOutOfTheRun() {
        TrainedModel model = TrainedModel.read(whole, Optional.of(TrainedModel.Which.LAST));
        assertSame(averages, model.values());
        model.write(folder.resolve("exported"));
        assertSame(averages, floats(folder.resolve("exported").resolve(ModelFolder.PARAMETERS)));
        assertSame(averages, TrainedModel.read(folder.resolve("exported"), Optional.empty()).values());
        try (Predictor predictor = Model.of(model).predictor(device)) {
            assertEquals(3, predictor.model().fields().size());
        }
    }

    @Test
    void theTrainerPredictsByThem() {
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(CONFIG), RunFolder.create(
                folder.resolve("run"), "tiny", CONFIG), () -> { })) {
            run.run(new Quiet());
            assertSame(averages, run.trainer().step().model().readEvaluated());
            assertSame(parameters, run.trainer().step().model().read());
            assertEquals(scores, run.validation().orElseThrow().scores(run.trainer().inference()));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, float32", "3, float32", "4, bf16", "6, float32", "7, bf16"})
    void aRunThatWasStoppedEndsAsOneThatWasNot(int step, String precision) {
        boolean known = precision.equals("float32");
        Config config = known ? CONFIG : CONFIG.with("precision=\"" + precision + "\"");
        Path straight = known ? whole : folder.resolve("straight");
        if (!known) {
            start(config, straight, new Quiet());
        }
        Path out = folder.resolve("stopped");
        stopAt(config, out, step);
        assertFalse(TinyRooms.differences(straight, out).isEmpty());
        resume(config, out);
        assertEquals(List.of(), TinyRooms.differences(straight, out));
    }

    private static final class Stop extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static void stopAt(Config config, Path out, long step) {
        assertThrows(Stop.class, () -> start(config, out, new Quiet() {
            @Override
            public void step(StepRecord record) {
                if (record.step() == step) {
                    throw new Stop();
                }
            }
        }));
    }

    private static void rewrite(Path file, Consumer<Map<String, HostTensor>> change) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        Map<String, String> metadata;
        try (TensorFile good = SafeTensors.open(file)) {
            good.names().forEach(name -> tensors.put(name, good.read(name)));
            metadata = good.metadata();
        }
        change.accept(tensors);
        SafeTensors.write(file, tensors, metadata);
    }

    /** Of a run that stopped within its second epoch: what its checkpoint's changes are refused with. */
    private String refused(Config config, Consumer<Map<String, HostTensor>> change) {
        Path out = folder.resolve("damaged");
        stopAt(config, out, 6);
        rewrite(checkpoint(out), change);
        String message = assertThrows(UserException.class, () -> resume(config, out)).getMessage();
        assertTrue(message.startsWith(checkpoint(out) + ": "), message);
        return message.substring(checkpoint(out).toString().length() + 2);
    }

    @Test
    void aRunWithThemDoesNotGoOnFromACheckpointWithout() {
        assertEquals("holds no averages of the parameters, which this training keeps. Leave optimizer.average out to "
                + "go on without, or start a new run with it by --init.", refused(CONFIG, tensors ->
                tensors.keySet().removeIf(name -> name.startsWith(AVERAGE))));
    }

    @Test
    void aRunWithoutThemDoesNotGoOnFromACheckpointThatHasThem() {
        assertEquals("holds averages of the parameters, and this training keeps none. Give optimizer.average as it was "
                + "to go on, or start a new run from the averages by --init.", refused(WITHOUT, tensors ->
                graph().shapes().keySet().forEach(name -> tensors.put(AVERAGE + name, tensors.get(name)))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "trunk.0.weight | | | is missing; the network needs F32 [4, 3, 3, 3]",
        "trunk.3.bias | 5 | 0 | is F32 [5], but must be F32 [4]",
        "trunk.3.bias | 4 | NaN | : value 0 (of 0 to 3) is NaN; a finite number must stand there",
        "trunk.1.running_var | 4 | -1 | : value 0 (of 0 to 3) is -1.0; a finite number of at least 0 must stand there",
        "trunk.9.bias | 4 | 0 | is not of this network"})
    void anAverageThatDoesNotFitIsRefusedByNameByWhoeverReadsIt(String name, Integer values, Float value,
            String fault) {
        Consumer<Map<String, HostTensor>> change = tensors -> {
            if (values == null) {
                tensors.remove(AVERAGE + name);
            } else {
                float[] all = new float[values];
                java.util.Arrays.fill(all, value);
                tensors.put(AVERAGE + name, HostTensor.ofFloats(new long[] {values}, all));
            }
        };
        String sentence = "tensor '" + AVERAGE + name + "'" + (fault.startsWith(":") ? "" : " ") + fault;
        String message = refused(CONFIG, change);
        assertTrue(message.startsWith(sentence), message);
        Path run = folder.resolve("damaged");
        for (Runnable reading : List.<Runnable>of(() -> TrainedModel.read(run, Optional.of(TrainedModel.Which.LAST)),
                () -> StartValues.read(checkpoint(run), TrainingPlan.read(CONFIG).network(), graph()))) {
            String read = assertThrows(UserException.class, reading::run).getMessage();
            assertTrue(read.startsWith(checkpoint(run) + ": " + sentence), read);
        }
    }

    @Test
    void theKeyMayNotDifferWhenARunGoesOn() {
        String message = assertThrows(UserException.class, () -> RunFolder.resume(whole, WITHOUT)).getMessage();
        assertTrue(message.contains("optimizer.average is 0.9 in the run and not given here"), message);
    }

    /** Of the network as it was validated. */
    @Test
    void startValuesAreTheAveragesWhereAFileHasThem() {
        StartValues all = StartValues.read(checkpoint(whole), TrainingPlan.read(CONFIG).network(), graph());
        assertSame(averages, all.tensors());
        assertEquals(averages.size(), all.tensors().size());
        assertTrue(all.report().getFirst().startsWith("Start values: the averages of all "), all.report().toString());
        StartValues trunk = StartValues.read(checkpoint(whole), graph(), List.of("trunk.*"));
        assertEquals(7, trunk.tensors().size());
        trunk.tensors().forEach((name, values) -> assertArrayEquals(averages.get(name), values, name));
    }

    @Test
    void aRunStartsFromThemAndItsOwnStartThere() {
        StartValues start = StartValues.read(checkpoint(whole), TrainingPlan.read(CONFIG).network(), graph());
        try (TrainingRun run = new TrainingRun(device, TrainingConfig.read(CONFIG), RunFolder.create(
                folder.resolve("run"), "tiny", CONFIG), () -> { })) {
            run.trainer().startFrom(start);
            assertSame(averages, run.trainer().state().tensors());
            assertSame(averages, run.trainer().state().averages().orElseThrow());
        }
    }
}
