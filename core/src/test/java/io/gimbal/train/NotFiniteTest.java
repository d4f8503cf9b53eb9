package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradNorm;
import io.gimbal.config.Config;
import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.StepRecord;
import io.gimbal.engine.StepState;
import io.gimbal.optimizer.Sgd;
import io.gimbal.run.Quiet;
import io.gimbal.run.RunFolder;
import io.gimbal.run.TinyRooms;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingRun;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps whose losses or norms are not finite. */
@Tag("device")
class NotFiniteTest {
    private static Device device;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        device = GuardedDevice.open();
    }

    @AfterAll
    static void close() {
        GuardedDevice.close(device);
    }

    private static Trainer trainer(Balancing balancing) {
        return ToyProblem.trainer(device).balancing(balancing).build();
    }

    /** Batches of which some have an input that is not a number. */
    private static Iterator<Examples> broken(int count, LongPredicate where) {
        return broken(count, where, Float.NaN);
    }

    private static Iterator<Examples> broken(int count, LongPredicate where, float value) {
        ToyProblem good = new ToyProblem(5, count);
        List<Examples> batches = new ArrayList<>();
        for (int k = 0; good.hasNext(); k++) {
            Examples batch = good.next();
            if (where.test(k)) {
                batch.inputs()[17] = value;
            }
            batches.add(batch);
        }
        return batches.iterator();
    }

    @Test
    void abatchThatIsNotFiniteChangesNothingAndIsCounted() {
        try (Trainer trainer = trainer(GradNorm.withAlpha(1.5))) {
            List<StepRecord> records = new ArrayList<>();
            trainer.train(broken(3, k -> false), 3, records::add);
            StepState before = trainer.state();
            trainer.train(broken(1, k -> true), 1, records::add);
            StepState after = trainer.state();
            before.tensors().forEach((name, values) -> assertArrayEquals(values, after.tensors().get(name), name));
            assertArrayEquals(before.balance(), after.balance());
            for (int k = 0; k < 2; k++) {
                Map<String, float[]> moments = after.moments().get(k);
                before.moments().get(k).forEach((name, values) -> assertArrayEquals(values, moments.get(name), name));
            }
            assertArrayEquals(new long[] {4, 3, 1, 1}, after.counters());
            assertFalse(records.getLast().accepted());
            assertTrue(Double.isNaN(records.getLast().loss()[0]) && Double.isNaN(records.getLast().loss()[1]));
            assertEquals(1, trainer.rejectedSteps());
            trainer.train(broken(1, k -> false), 1, records::add);
            assertTrue(records.getLast().accepted());
            assertArrayEquals(new long[] {5, 4, 1, 0}, trainer.state().counters());
        }
    }

    @Test
    void nineteenInARowAreBorneAndTheTwentiethIsNot() {
        try (Trainer trainer = trainer(GradNorm.withAlpha(1.5))) {
            trainer.train(broken(61, k -> k % 20 != 0), 61, record -> {});
            assertEquals(57, trainer.rejectedSteps());
            List<StepRecord> records = new ArrayList<>();
            DivergedException diverged = assertThrows(DivergedException.class,
                    () -> trainer.train(broken(50, k -> k >= 2), 50, records::add));
            assertTrue(diverged.getMessage()
                    .contains("step 82: 20 steps in a row were not finite in line (loss), side (loss)"),
                    diverged.getMessage());
            assertEquals(22, records.size(), "what led there is told");
            assertFalse(records.getLast().accepted());
            assertEquals(77, trainer.rejectedSteps());
        }
    }

    @Test
    void onlyTheTasksAtFaultAreNamed() {
        Iterator<Examples> batches = new Iterator<>() {
            private final ToyProblem good = new ToyProblem(5, 40);

            @Override
            public boolean hasNext() {
                return good.hasNext();
            }

            @Override
            public Examples next() {
                Examples batch = good.next();
                batch.values().get("line")[3] = Float.POSITIVE_INFINITY;
                return batch;
            }
        };
        try (Trainer trainer = trainer(FixedWeights.equal())) {
            String message = assertThrows(DivergedException.class, () -> trainer.train(batches, 40,
                    record -> {})).getMessage();
            assertTrue(message.contains("not finite in line (loss);"), message);
        }
    }

    @Test
    void aRowThatBeganBeforeACheckpointGoesOnBehindIt() {
        try (Trainer first = trainer(GradNorm.withAlpha(1.5)); Trainer second = trainer(GradNorm.withAlpha(1.5))) {
            first.train(broken(15, k -> true), 15, record -> {});
            second.set(first.state());
            assertEquals(15, second.rejectedSteps());
            assertThrows(DivergedException.class, () -> second.train(broken(5, k -> true), 5, record -> {}));
        }
    }

    @Test
    void brokenDataOfTheRowAreToldOnceWithTheirFirstStep() {
        try (Trainer trainer = trainer(FixedWeights.equal())) {
            String message = assertThrows(DivergedException.class, () -> trainer.train(broken(25, k -> k > 2), 25,
                    record -> {})).getMessage();
            assertEquals("training stopped at step 22: 20 steps in a row were not finite in line (loss), side (loss); "
                    + "the inputs hold NaN (1 place of step 3, first in example 4)", message);
        }
    }

    /** tanh makes 1 of it; with fixed weights no norm is there to tell it either. */
    @Test
    void anInfiniteInputThatNoLossTellsIsNamed() {
        try (Trainer trainer = trainer(FixedWeights.equal())) {
            List<StepRecord> records = new ArrayList<>();
            trainer.train(broken(5, k -> k == 3, Float.NEGATIVE_INFINITY), 5, records::add);
            assertEquals(List.of(true, true, true, false, true), records.stream().map(StepRecord::accepted).toList());
            assertTrue(Double.isFinite(records.get(3).total()));
            assertEquals("1 of 5 steps changed nothing: they were not finite in the inputs; the inputs hold -Infinity "
                    + "(1 place of step 3, first in example 4)", trainer.rejections().orElseThrow());
        }
    }

    @Test
    void anInfiniteInputThatOnlyTheGradientNormsTellIsToldByThem() {
        try (Trainer trainer = trainer(GradNorm.withAlpha(1.5))) {
            trainer.train(broken(2, k -> k == 1, Float.POSITIVE_INFINITY), 2, record -> { });
            assertEquals("1 of 2 steps changed nothing: they were not finite in line (gradient norm), side (gradient "
                    + "norm); the inputs hold Infinity (1 place of step 1, first in example 4)",
                    trainer.rejections().orElseThrow());
        }
    }

    @Test
    void anInputThatIsInfiniteOnlyInBf16IsToldAsItStands() {
        try (Trainer trainer = ToyProblem.trainer(device).precision(Precision.BF16).build()) {
            trainer.train(broken(2, k -> k == 1, 3.4e38f), 2, record -> { });
            assertEquals("1 of 2 steps changed nothing: they were not finite in the inputs; the inputs hold "
                    + (double) 3.4e38f + " (1 place of step 1, first in example 4), which is infinite in bf16",
                    trainer.rejections().orElseThrow());
        }
    }

    @Test
    void aLossThatOverflowsByItselfBlamesNoData() {
        try (Trainer trainer = ToyProblem.trainer(device).optimizer(new Sgd(1e30, 0, 0)).build()) {
            String message = assertThrows(DivergedException.class, () -> trainer.train(broken(60, k -> false), 60,
                    record -> {})).getMessage();
            assertTrue(message.endsWith("; lower the learning rate, or look for broken values in the data"), message);
        }
    }

    @Test
    void aProgramBearsAFewStepsThatAreAllRejectedAndIsToldWhy() {
        try (Trainer trainer = trainer(GradNorm.withAlpha(1.5))) {
            assertEquals(Optional.empty(), trainer.rejections());
            trainer.train(broken(5, k -> true), 5, record -> assertFalse(record.accepted()));
            assertEquals("none of the 5 steps changed anything: they were not finite in line (loss), side (loss); the "
                    + "inputs hold NaN (1 place of step 0, first in example 4)", trainer.rejections().orElseThrow());
        }
    }

    @Test
    void aShortRunOfWhichNoStepCountedFailsWhenAllIsWritten() throws IOException {
        Config config = DIVERGING.with("optimizer.lr=0.01").with("epochs=1");
        Path out = folder.resolve("run");
        Quiet listener = new Quiet();
        TrainingConfig training = TrainingConfig.read(config);
        RunFolder created = RunFolder.create(out, "tiny", config);
        try (TrainingRun run = new TrainingRun(device, training, created, () -> { })) {
            Map<String, float[]> tensors = new LinkedHashMap<>(run.trainer().state().tensors());
            StepState start = run.trainer().state();
            tensors.replaceAll((name, values) -> name.startsWith("heads.") ? enormous(values.length) : values);
            run.trainer().set(new StepState(tensors, start.moments(), start.balance(), start.counters()));
            String message = assertThrows(DivergedException.class, () -> run.run(listener)).getMessage();
            assertEquals("none of the 4 steps changed anything: they were not finite in segmentation (loss), "
                    + "depth (loss), normals (loss)", message);
        }
        assertEquals(4, listener.records.size());
        assertEquals(4, Files.readAllLines(out.resolve("log.jsonl")).size());
        assertTrue(Files.exists(out.resolve("metrics.jsonl")));
    }

    private static float[] enormous(int length) {
        float[] values = new float[length];
        java.util.Arrays.fill(values, Float.MAX_VALUE);
        return values;
    }

    private static final Config DIVERGING = Config.parse(TinyRooms.TEXT,
            "tiny.json").with("epochs=20").with("schedule=null")
            .with("optimizer={\"method\": \"sgd\", \"lr\": 1e30}");

    @Test
    void aRunThatDivergesStopsWithTheLastGoodCheckpoint() throws IOException {
        Path out = folder.resolve("run");
        Quiet listener = new Quiet();
        TrainingConfig config = TrainingConfig.read(DIVERGING);
        try (TrainingRun run = new TrainingRun(device, config, RunFolder.create(out, "tiny", DIVERGING), () -> { })) {
            String message = assertThrows(DivergedException.class, () -> run.run(listener)).getMessage();
            assertTrue(message.contains("20 steps in a row") && message.contains("segmentation"), message);
        }
        List<String> log = Files.readAllLines(out.resolve("log.jsonl"));
        assertEquals(listener.records.size(), log.size());
        assertTrue(log.getLast().contains("\"accepted\":false") && log.getLast().contains("null"), log.getLast());
        assertEquals(20, log.stream().filter(line -> line.endsWith("\"accepted\":false}")).count());
        try (TensorFile file = SafeTensors.open(out.resolve("checkpoint.safetensors"))) {
            assertEquals(0, file.longs("counters", 4)[3], "not of a step in the row of rejected ones");
            for (float value : file.read("trunk.0.weight").floats()) {
                assertTrue(Math.abs(value) < 1, "the start values, from before the enormous steps");
            }
        }
        try (TrainingRun run = new TrainingRun(device, config, RunFolder.resume(out, DIVERGING), () -> { })) {
            assertThrows(DivergedException.class, () -> run.run(new Quiet()));
        }
        assertEquals(log, Files.readAllLines(out.resolve("log.jsonl")));
    }
}
