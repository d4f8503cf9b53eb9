package io.gimbal.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.checkpoint.BestStep;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.engine.StepRecord;
import io.gimbal.metric.Score;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A run keeps the model of its best validation, and may end when none gets better. */
class BestModelTest {
    /** Learns so fast that depth gets worse now and then. */
    private static final Config CONFIG = Config.parse(TinyRooms.TEXT, "tiny.json").with("schedule=null")
            .with("optimizer.lr=0.05").with("epochs=8").with("best={\"task\": \"depth\", \"metric\": \"RMSE\"}");
    private static final Config IMPATIENT = CONFIG.with("best.patience=2").with("epochs=40");

    @TempDir
    private static Path shared;
    private static Path whole;
    private static Quiet told;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() {
        whole = shared.resolve("whole");
        told = start(IMPATIENT, whole);
    }

    private static Quiet start(Config config, Path out) {
        return train(config, RunFolder.create(out, "tiny", config), new Quiet());
    }

    private static Quiet resume(Config config, Path out) {
        return train(config, RunFolder.resume(out, config), new Quiet());
    }

    private static Quiet train(Config config, RunFolder folder, Quiet listener) {
        try (Device device = Device.open(DeviceKind.SOFT); TrainingRun run = new TrainingRun(device,
                TrainingConfig.read(config), folder, () -> { })) {
            run.run(listener);
            return listener;
        }
    }

    /** As a run that is killed behind a step: no more than the files tell of it. */
    private static void endAt(Config config, Path out, long step) {
        Quiet ending = new Quiet() {
            @Override
            public void step(StepRecord record) {
                if (record.step() + 1 == step) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        assertThrows(io.gimbal.train.TrainingStoppedException.class, () -> train(config, Files.exists(out)
                ? RunFolder.resume(out, config) : RunFolder.create(out, "tiny", config), ending));
        assertTrue(Thread.interrupted());
    }

    private static List<Double> figures(Path run, String task, String metric) throws IOException {
        List<Double> figures = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
            figures.add(new ObjectMapper().readTree(line).path(task).path(metric).path("value").asDouble(Double.NaN));
        }
        return figures;
    }

    private static void copy(Path from, Path to) throws IOException {
        for (Map.Entry<String, byte[]> file : TinyRooms.contents(from).entrySet()) {
            Files.createDirectories(to.resolve(file.getKey()).getParent());
            Files.write(to.resolve(file.getKey()), file.getValue());
        }
    }

    @Test
    void aRunEndsOnceAsManyValidationsAsItsPatienceWereNoBetter() throws IOException {
        List<Double> figures = figures(whole, "depth", "RMSE");
        double least = figures.stream().min(Double::compare).orElseThrow();
        int best = figures.indexOf(least);
        assertEquals(best + 3, figures.size(), figures::toString);
        assertTrue(figures.size() < 40, "it ended early");
        List<Long> bests = new ArrayList<>();
        double before = Double.POSITIVE_INFINITY;
        for (int k = 0; k < figures.size(); k++) {
            if (figures.get(k) < before) {
                bests.add(4L * (k + 1));
                before = figures.get(k);
            }
        }
        assertEquals(bests, told.bests);
        int last = 4 * figures.size();
        assertEquals("stopped early after step " + last + " of 160: RMSE of 'depth' was best at step " + 4 * (best + 1)
                + ", and 2 validations since were no better; with more best.patience it goes on",
                told.notes.getLast());
        BestStep kept = BestStep.read(whole.resolve("best.safetensors"));
        assertEquals(4L * (best + 1), kept.step());
        assertEquals(least, kept.value(), "to the bit");
    }

    /** The model of that step, and not of a later one. */
    @Test
    void theBestModelIsThatOfItsStep() throws IOException {
        long step = BestStep.read(whole.resolve("best.safetensors")).step();
        Path short_ = folder.resolve("short");
        start(IMPATIENT.with("epochs=null").with("steps=" + step).with("best.patience=100"), short_);
        TrainedModel best = TrainedModel.read(whole, Optional.of(TrainedModel.Which.BEST));
        TrainedModel then = TrainedModel.read(short_, Optional.of(TrainedModel.Which.LAST));
        assertEquals(step, best.steps().orElseThrow());
        assertEquals(then.values().keySet(), best.values().keySet());
        then.values().forEach((name, values) -> assertArrayEquals(values, best.values().get(name), name));
        assertEquals(then.meaning(), best.meaning());
        assertEquals(whole.resolve("best.safetensors"), TrainedModel.read(whole, Optional.empty()).file());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 6, 8, 11})
    void aRunThatWasStoppedKeepsTheSameBestModelAndEndsAtTheSameStep(int step) throws IOException {
        Path out = folder.resolve("stopped");
        endAt(IMPATIENT, out, step);
        resume(IMPATIENT, out);
        assertEquals(List.of(), TinyRooms.differences(whole, out));
        Quiet again = resume(IMPATIENT, out);
        assertEquals(List.of(), again.records);
        assertEquals(told.notes.getLast(), again.notes.getLast());
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    /** A machine that fails between the two. */
    @Test
    void aLastValidationWhoseLineIsLostIsMadeAgainAndEndsTheRunAgain() throws IOException {
        Path out = folder.resolve("cut");
        copy(whole, out);
        Path metrics = out.resolve("metrics.jsonl");
        List<String> lines = Files.readAllLines(metrics);
        Files.writeString(metrics, String.join("\n", lines.subList(0, lines.size() - 1)) + "\n");
        assertEquals(List.of(), resume(IMPATIENT, out).records);
        assertEquals(List.of(), TinyRooms.differences(whole, out));
    }

    @Test
    void aBestValidationWhoseLineIsLostIsTheBestAgain() throws IOException {
        long step = BestStep.read(whole.resolve("best.safetensors")).step();
        Config config = IMPATIENT.with("epochs=" + step / 4);
        Path unbroken = folder.resolve("unbroken");
        start(config, unbroken);
        Path out = folder.resolve("cut");
        copy(unbroken, out);
        List<String> lines = Files.readAllLines(out.resolve("metrics.jsonl"));
        Files.writeString(out.resolve("metrics.jsonl"), String.join("", lines.subList(0, lines.size() - 1).stream()
                .map(line -> line + "\n").toList()));
        assertEquals(List.of(step), resume(config, out).bests);
        assertEquals(List.of(), TinyRooms.differences(unbroken, out));
    }

    @Test
    void morePatienceGoesOnAsARunThatBeganWithIt() throws IOException {
        Config patient = IMPATIENT.with("best.patience=4").with("epochs=" + (figures(whole, "depth", "RMSE").size()
                + 2));
        Path unbroken = folder.resolve("unbroken");
        start(patient, unbroken);
        Path out = folder.resolve("longer");
        copy(whole, out);
        assertTrue(!resume(patient, out).records.isEmpty());
        assertEquals(List.of(), TinyRooms.differences(unbroken, out));
    }

    /** Figures of other data or another metric cannot be held against the old one. */
    @Test
    void anotherMetricOrOtherHeldOutDataBeginAnew() throws IOException {
        Config longer = IMPATIENT.with("best.patience=3");
        int epochs = figures(whole, "depth", "RMSE").size() + 1;
        for (String change : List.of("best={\"patience\": 3}", "validation.count=2")) {
            Path out = folder.resolve(change.substring(0, 4));
            copy(whole, out);
            Config changed = longer.with(change).with("epochs=" + epochs);
            assertEquals(List.of(4L * epochs), resume(changed, out).bests, change);
            assertEquals(4L * epochs, BestStep.read(out.resolve("best.safetensors")).step());
        }
    }

    @Test
    void withoutAChoiceTheMeanGainOverTheConstantsTells() throws IOException {
        Path out = folder.resolve("mean");
        Quiet listener = start(CONFIG.with("best=null").with("epochs=3"), out);
        List<Double> gains = new ArrayList<>();
        for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
            JsonNode scores = new ObjectMapper().readTree(line);
            gains.add((gain(scores.path("segmentation").path("mIoU"), 1) + gain(scores.path("depth").path("RMSE"), -1)
                    + gain(scores.path("normals").path("mean angle"), -1)) / 3);
        }
        double most = gains.stream().max(Double::compare).orElseThrow();
        BestStep best = BestStep.read(out.resolve("best.safetensors"));
        assertEquals(4L * (gains.indexOf(most) + 1), best.step());
        assertEquals(most, best.value(), 1e-12, "sums of float64 in another order");
        assertEquals(best.step(), listener.bests.getLast());
    }

    private static double gain(JsonNode score, int up) {
        double constant = score.path("best_constant").asDouble();
        return up * (score.path("value").asDouble() - constant) / constant;
    }

    @Test
    void aFigureThatIsNoNumberNeverWins() {
        BestBy low = new BestBy(Optional.of(new BestBy.Choice("d", "RMSE", false)), OptionalInt.empty());
        assertTrue(low.better(1, 2) && !low.better(2, 1) && !low.better(2, 2));
        assertTrue(!low.better(Double.NaN, 2) && !low.better(Double.NEGATIVE_INFINITY, 2));
        BestBy mean = new BestBy(Optional.empty(), OptionalInt.empty());
        assertTrue(mean.better(2, 1) && !mean.better(1, 2) && !mean.better(Double.NaN, 2));
        Score good = new Score("mIoU", "%", 50, 25, true);
        Score unlabelled = new Score("RMSE", "m", Double.NaN, Double.NaN, false);
        Score perfect = new Score("error", "", 1, 0, false);
        Score broken = new Score("RMSE", "m", Double.NaN, 2, false);
        assertEquals(1, mean.of(Map.of("a", List.of(good), "b", List.of(unlabelled), "c", List.of(perfect))));
        assertTrue(Double.isNaN(mean.of(Map.of("a", List.of(good), "b", List.of(broken)))));
        assertTrue(Double.isNaN(mean.of(Map.of("b", List.of(unlabelled)))));
    }

    @Test
    void aRunWithoutValidationKeepsNone() {
        Path out = folder.resolve("blind");
        start(CONFIG.with("best=null").with("validation=null").with("epochs=1"), out);
        try (Stream<Path> files = Files.list(out)) {
            assertTrue(files.noneMatch(file -> file.endsWith("best.safetensors")));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"task\": \"deth\", \"metric\": \"RMSE\"} | best.task is the text \"deth\", which is not known. Did you mean",
        "{\"task\": \"depth\", \"metric\": \"mIoU\"} | It may be: RMSE, relative error, ",
        "{\"task\": \"depth\"} | name both, or neither",
        "{\"patience\": 0} | best.patience is the number 0",
        "{\"patiense\": 2} | Did you mean 'patience'?"})
    void whatCannotBeIsRefusedByItsPlace(String best, String message) {
        Config config = CONFIG.with("best=" + best);
        String told = assertThrows(UserException.class, () -> TrainingConfig.read(config)).getMessage();
        assertTrue(told.contains(message), told);
        String blind = assertThrows(UserException.class, () -> TrainingConfig.read(CONFIG.with("validation=null")))
                .getMessage();
        assertTrue(blind.contains("there is no 'validation'"), blind);
    }

    @Test
    void aBestFileThatIsNoneIsRefusedByName() throws IOException {
        Path out = folder.resolve("broken");
        copy(whole, out);
        Files.copy(out.resolve("checkpoint.safetensors"), out.resolve("best.safetensors"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        String message = assertThrows(UserException.class, () -> resume(IMPATIENT, out)).getMessage();
        assertTrue(message.startsWith(out.resolve("best.safetensors") + ": is no file of a run's best step"), message);
    }
}
