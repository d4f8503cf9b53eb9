package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.GradNorm;
import io.gimbal.config.UserException;
import io.gimbal.data.Batch;
import io.gimbal.data.BatchPipeline;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Rooms;
import io.gimbal.data.Sampler;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.device.SoftDevice;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.StepRecord;
import io.gimbal.engine.StepState;
import io.gimbal.loss.Loss;
import io.gimbal.loss.TaskSpec;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Adam;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("device")
class TrainerTest {
    private static Device device;

    @BeforeAll
    static void open() {
        device = GuardedDevice.open();
    }

    @AfterAll
    static void close() {
        GuardedDevice.close(device);
    }

    private static Trainer.Builder toy() {
        return ToyProblem.trainer(device).optimizer(Adam.withRate(0.02)).balancing(GradNorm.withAlpha(1.5));
    }

    private static List<StepRecord> trained(Trainer trainer, int batches, long steps) {
        List<StepRecord> records = new ArrayList<>();
        trainer.train(new ToyProblem(5, batches), steps, records::add);
        return records;
    }

    @Test
    void bothTasksAreLearnedFromAnIteratorOfBatches() {
        try (Trainer trainer = toy().build()) {
            List<StepRecord> records = trained(trainer, 300, 300);
            assertEquals(300, records.size());
            for (int k = 0; k < 300; k++) {
                assertEquals(k, records.get(k).step());
                assertTrue(records.get(k).accepted());
            }
            // What it starts from is about 2 and log 2; 300 steps of Adam bring both far below a fifth.
            assertTrue(records.getLast().loss()[0] < records.getFirst().loss()[0] / 5, "line: " + records.getLast());
            assertTrue(records.getLast().loss()[1] < records.getFirst().loss()[1] / 2, "side: " + records.getLast());
            assertEquals(0, trainer.rejectedSteps());
        }
    }

    @ParameterizedTest
    @EnumSource
    void twoTrainingsFromOneSeedAreEqualToTheBit(Precision precision) {
        try (Trainer one = toy().seed(3).precision(precision).build();
                Trainer other = toy().seed(3).precision(precision).build()) {
            assertEquals(shown(trained(one, 50, 50)), shown(trained(other, 50, 50)));
            assertAlike(one.state(), other.state());
        }
    }

    @Test
    void twoTrainingsAreEqualToTheBitWhateverTheOrderOfStreams() {
        List<String> lines = new ArrayList<>();
        List<StepState> states = new ArrayList<>();
        SoftDevice soft = DeviceUnderTest.switches(device);
        for (boolean late : new boolean[] {false, true}) {
            soft.lateStreams(late);
            try (Trainer trainer = toy().build()) {
                lines.add(shown(trained(trainer, 50, 50)));
                states.add(trainer.state());
            } finally {
                soft.lateStreams(false);
            }
        }
        assertEquals(lines.getFirst(), lines.getLast());
        assertAlike(states.getFirst(), states.getLast());
    }

    @Test
    void anotherSeedStartsElsewhere() {
        try (Trainer one = toy().seed(1).build(); Trainer other = toy().seed(2).build()) {
            assertFalse(Arrays.equals(one.state().tensors().get("trunk.0.weight"),
                    other.state().tensors().get("trunk.0.weight")));
        }
    }

    @Test
    void aTrainingGoesOnFromAStateAsIfItHadNotStopped() {
        try (Trainer whole = toy().build(); Trainer first = toy().build(); Trainer second = toy().seed(99).build()) {
            ToyProblem batches = new ToyProblem(5, 30);
            List<StepRecord> records = trained(whole, 30, 30);
            List<StepRecord> pieces = new ArrayList<>();
            first.train(batches, 13, pieces::add);
            second.set(first.state());
            second.train(batches, 100, pieces::add);
            assertEquals(shown(records), shown(pieces));
            assertAlike(whole.state(), second.state());
        }
    }

    @Test
    void trainingStopsAtTheStepsAskedForAndTakesNoBatchMore() {
        try (Trainer trainer = toy().build()) {
            ToyProblem batches = new ToyProblem(5, 9);
            trainer.train(batches, 7, record -> {});
            assertEquals(7, trainer.step().submitted());
            assertEquals(List.of(7L, 8L), steps(trainer, batches, 100));
            assertEquals(List.of(), steps(trainer, batches, 100));
            assertEquals(List.of(), steps(trainer, new ToyProblem(1, 5), 0));
        }
    }

    private static List<Long> steps(Trainer trainer, ToyProblem batches, int most) {
        List<Long> steps = new ArrayList<>();
        trainer.train(batches, most, record -> steps.add(record.step()));
        return steps;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 5, 300})
    void anIteratorMayHaveFewerOrMoreBatchesThanThereAreSlotsAndRecords(int batches) {
        try (Trainer trainer = toy().build()) {
            assertEquals(batches, trained(trainer, batches, Long.MAX_VALUE).size());
        }
    }

    private static String refusal(UnaryOperator<Examples> change) {
        try (Trainer trainer = toy().build()) {
            Examples broken = change.apply(new ToyProblem(5, 1).next());
            String message = assertThrows(UserException.class, () -> trainer.train(List.of(broken).iterator(), 1,
                    record -> {})).getMessage();
            assertEquals(0, trainer.step().submitted());
            // The refused batch leaves no trace: the next one is taken as if nothing had been.
            assertEquals(3, trained(trainer, 3, 3).size());
            return message;
        }
    }

    @Test
    void aBatchOfAnotherSizeIsRefusedWithWhatIsDue() {
        assertEquals("a batch has 36 inputs where 40 are due",
                refusal(good -> new Examples(Arrays.copyOf(good.inputs(), 36), good.values(), good.classes())));
        assertEquals("a batch has 11 values of task 'line' where 10 are due",
                refusal(good -> new Examples(good.inputs(), Map.of("line", new float[11]), good.classes())));
        assertEquals("a batch has 9 classes of task 'side' where 10 are due",
                refusal(good -> new Examples(good.inputs(), good.values(), Map.of("side", new int[9]))));
    }

    @Test
    void aBatchWithoutATasksTargetIsRefused() {
        assertEquals("a batch has no values of task 'line'; 10 are due",
                refusal(good -> new Examples(good.inputs(), Map.of(), good.classes())));
        assertEquals("a batch has no classes of task 'side'; 10 are due",
                refusal(good -> new Examples(good.inputs(), good.values(), Map.of())));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, -1, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aClassNumberOutOfRangeIsRefusedBeforeAKernelSeesIt(int number) {
        assertEquals("task 'side' holds class " + number + "; classes go from 0 to 1, and -100 means no label",
                refusal(good -> {
            int[] classes = good.classes().get("side").clone();
            classes[7] = number;
            return new Examples(good.inputs(), good.values(), Map.of("side", classes));
        }));
    }

    @Test
    void theIgnoredClassIsNoMistake() {
        try (Trainer trainer = toy().build()) {
            Examples good = new ToyProblem(5, 1).next();
            int[] none = new int[ToyProblem.BATCH];
            Arrays.fill(none, -100);
            List<StepRecord> records = new ArrayList<>();
            trainer.train(List.of(new Examples(good.inputs(), good.values(), Map.of("side", none))).iterator(), 1,
                    records::add);
            assertEquals(0, records.getFirst().loss()[1]);
            assertTrue(records.getFirst().accepted());
            assertFalse(records.getFirst().present(1));
            assertArrayEquals(new long[] {ToyProblem.BATCH, 0}, records.getFirst().labels());
        }
    }

    @Test
    void aTaskWithoutALabelInAnyStepIsTold() {
        int[] none = new int[ToyProblem.BATCH];
        Arrays.fill(none, -100);
        try (Trainer trainer = toy().build()) {
            assertEquals(List.of(), trainer.unlabelledTasks(), "before the first step nothing is known");
            Examples good = new ToyProblem(5, 1).next();
            Examples absent = new Examples(good.inputs(), good.values(), Map.of("side", none));
            trainer.train(List.of(absent, absent).iterator(), 2, record -> {});
            assertEquals(List.of("side"), trainer.unlabelledTasks());
            none[4] = 1;
            trainer.train(List.of(absent).iterator(), 1, record -> {});
            assertEquals(List.of(), trainer.unlabelledTasks());
        }
    }

    @Test
    void headsAndTasksMustFitEachOther() {
        Trainer.Builder lacking = Trainer.of(device, ToyProblem.network()).task("line", Loss.l2());
        String message = assertThrows(UserException.class, lacking::build).getMessage();
        assertTrue(message.contains("heads for line, side, but there are losses for line;"), message);
        Trainer.Builder wrong = toy().task("lime", Loss.l2());
        message = assertThrows(UserException.class, wrong::build).getMessage();
        assertTrue(message.contains("lime"), message);
        Trainer.Builder narrow = Trainer.of(device, ToyProblem.network()).task("line", Loss.l2()).task("side",
                Loss.crossEntropy(3));
        message = assertThrows(UserException.class, narrow::build).getMessage();
        assertTrue(message.contains("3 classes") && message.contains("2"), message);
    }

    @Test
    void aFailedBuildLeavesNoMemoryBehind() {
        SoftDevice soft = DeviceUnderTest.switches(device);
        try (Trainer trainer = toy().build()) {
            assertEquals(0, trainer.step().submitted());
        }
        long before = soft.get("live_allocations");
        for (int nth = 1; nth <= 3; nth++) {
            soft.failAllocation(nth);
            try {
                assertThrows(RuntimeException.class, () -> toy().build());
            } finally {
                soft.failAllocation(0);
            }
            assertEquals(before, soft.get("live_allocations"));
        }
    }

    private static Trainer.Builder rooms(int height, int width) {
        Network network = Network.ofImages(3, height, width).trunk(Layers.conv2d(4, 3).padding(1), Layers.relu())
                .head("segmentation", Layers.conv2d(13, 1)).head("depth", Layers.conv2d(1, 1)).head("normals",
                        Layers.conv2d(3, 1));
        return Trainer.of(device, network).task("segmentation", Loss.crossEntropy(13).ignore(255)).task("depth",
                Loss.l1().ignore(0))
                .task(new TaskSpec("normals", Loss.cosine().ignore(0), "normals")).batch(2);
    }

    @Test
    void aBatchBeyondABufferIsRefusedByNameWhenTheTrainerIsBuilt() {
        String message = assertThrows(UserException.class, rooms(512, 512).batch(400)::build).getMessage();
        assertTrue(message.startsWith("A batch of 400 examples (data.batch) takes 3355443200 bytes"), message);
        assertTrue(message.contains("take at most 255 examples"), message);
    }

    @Test
    void dataOfAnotherSizeThanTheNetworksAreRefused() {
        Rooms data = new Rooms(3, 7, 16, 16);
        Sampler sampler = Sampler.training(7, 2, 3, true, true);
        try (Trainer trainer = rooms(16, 24).build()) {
            assertThrows(IllegalArgumentException.class, () -> new BatchPipeline(data, sampler, sampler.start(),
                    trainer.slots(), 1));
            Validation validation = new Validation(data, trainer.tasks(), 2);
            String message = assertThrows(IllegalArgumentException.class, () -> validation.scores(trainer.inference()))
                    .getMessage();
            assertEquals("the network takes 2 images of 3 x 16 x 24, and is to be validated on 2 of 3 x 16 x 16",
                    message);
            Validation swapped = new Validation(new Rooms(3, 7, 16, 24), trainer.tasks().reversed(), 2);
            assertThrows(IllegalArgumentException.class, () -> swapped.scores(trainer.inference()));
        }
    }

    @Test
    void aPipelineOfRoomsFeedsTheTrainer() {
        Rooms data = new Rooms(3, 7, 16, 24);
        Sampler sampler = Sampler.training(7, 2, 3, true, true);
        List<StepRecord> records = new ArrayList<>();
        try (Trainer trainer = rooms(16, 24).build();
                BatchPipeline batches = new BatchPipeline(data, sampler, sampler.start(), trainer.slots(), 2)) {
            List<Boolean> last = new ArrayList<>();
            for (int k = 0; k < 9; k++) {
                Batch batch = trainer.advance(batches);
                last.add(batch.last());
                assertEquals(2, batch.real());
                records.addAll(trainer.poll());
            }
            records.addAll(trainer.drain());
            assertEquals(List.of(false, false, true, false, false, true, false, false, true), last);
            assertEquals(9, records.size());
            assertTrue(records.stream().allMatch(StepRecord::accepted));
            assertTrue(records.getFirst().loss()[0] > 1, "a loss of thirteen classes starts near log 13");
        }
    }

    /** Rooms that take their time. */
    private record SlowRooms(Rooms rooms, long milliseconds) implements DataSet {
        @Override
        public int size() {
            return rooms.size();
        }

        @Override
        public int height() {
            return rooms.height();
        }

        @Override
        public int width() {
            return rooms.width();
        }

        @Override
        public List<Field> fields() {
            return rooms.fields();
        }

        @Override
        public void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
            try {
                Thread.sleep(milliseconds);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
            rooms.read(index, flip, image, targets);
        }
    }

    @Test
    void stepsThatWaitedForTheirDataAreCountedAndThoseBehindAWaitOfTheHostsAreNot() {
        DataSet data = new SlowRooms(new Rooms(3, 7, 16, 24), 150);
        Sampler sampler = Sampler.training(7, 2, 3, true, true);
        try (Trainer trainer = rooms(16, 24).build();
                BatchPipeline batches = new BatchPipeline(data, sampler, sampler.start(), trainer.slots(), 1)) {
            trainer.advance(batches);
            assertEquals(0, trainer.starvedSteps());
            trainer.advance(batches);
            trainer.advance(batches);
            assertEquals(2, trainer.starvedSteps());
            trainer.drain();
            trainer.advance(batches);
            assertEquals(2, trainer.starvedSteps());
            trainer.settle(batches);
        }
    }

    @Test
    void anIteratorAndAPipelineMayTakeTurns() {
        Rooms data = new Rooms(3, 4, 16, 24);
        Sampler sampler = Sampler.training(4, 2, 3, true, true);
        try (Trainer trainer = rooms(16, 24).build()) {
            Examples black = new Examples(new float[2 * 16 * 24 * 3],
                    Map.of("depth", new float[2 * 16 * 24], "normals", new float[2 * 16 * 24 * 3]),
                    Map.of("segmentation", new int[2 * 16 * 24]));
            trainer.train(List.of(black, black, black).iterator(), 3, record -> {});
            for (int turn = 0; turn < 2; turn++) {
                try (BatchPipeline batches = new BatchPipeline(data, sampler, sampler.start(), trainer.slots(), 1)) {
                    for (int k = 0; k < 5; k++) {
                        trainer.advance(batches);
                    }
                    trainer.settle(batches);
                }
                trainer.train(List.of(black).iterator(), 1, record -> {});
            }
            assertEquals(3 + 2 * 6, trainer.step().submitted());
        }
    }

    /** What a listener or an iterator throws. */
    private static final class Own extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 37, 100})
    void aListenerThatThrowsLosesNoRecordAndIsToldNoneTwice(int every) {
        try (Trainer whole = toy().build(); Trainer trainer = toy().build()) {
            trained(whole, 100, 100);
            ToyProblem batches = new ToyProblem(5, 100);
            List<Long> told = new ArrayList<>();
            int thrown = 0;
            while (batches.hasNext()) {
                try {
                    trainer.train(batches, 100, record -> {
                        told.add(record.step());
                        if (told.size() % every == 0) {
                            throw new Own();
                        }
                    });
                } catch (Own own) {
                    thrown++;
                }
            }
            assertTrue(thrown > 0);
            trainer.drain().forEach(record -> told.add(record.step()));
            assertEquals(java.util.stream.LongStream.range(0, 100).boxed().toList(), told);
            assertEquals(List.of(), trainer.drain());
            assertAlike(whole.state(), trainer.state());
        }
    }

    @Test
    void whatAListenerThatThrewWasNotToldComesWithTheNextReading() {
        try (Trainer trainer = toy().build()) {
            assertThrows(Own.class, () -> trainer.train(new ToyProblem(5, 5), 5, record -> {
                throw new Own();
            }));
            assertEquals(List.of(1L, 2L, 3L, 4L), trainer.poll().stream().map(StepRecord::step).toList());
            assertEquals(List.of(5L, 6L), steps(trainer, new ToyProblem(1, 2), 2));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 9})
    void afterAnIteratorThatThrewThePipelineAndAnotherIteratorGoOn(int good) {
        Rooms data = new Rooms(3, 4, 16, 24);
        Sampler sampler = Sampler.training(4, 2, 3, true, true);
        Examples black = new Examples(new float[2 * 16 * 24 * 3],
                Map.of("depth", new float[2 * 16 * 24], "normals", new float[2 * 16 * 24 * 3]),
                Map.of("segmentation", new int[2 * 16 * 24]));
        try (Trainer trainer = rooms(16, 24).build()) {
            java.util.Iterator<Examples> failing = java.util.stream.IntStream.range(0, 100).mapToObj(k -> {
                if (k == good) {
                    throw new Own();
                }
                return black;
            }).iterator();
            assertThrows(Own.class, () -> trainer.train(failing, 100, record -> {}));
            try (BatchPipeline batches = new BatchPipeline(data, sampler, sampler.start(), trainer.slots(), 1)) {
                for (int k = 0; k < 5; k++) {
                    trainer.advance(batches);
                }
                trainer.settle(batches);
            }
            trainer.train(List.of(black).iterator(), 1, record -> {});
            assertEquals(good + 6, trainer.step().submitted());
        }
    }

    @Test
    void anInterruptEndsTheTrainingAfterTheStepWithAllRecordsTold() {
        try (Trainer whole = toy().build(); Trainer trainer = toy().build()) {
            List<StepRecord> all = trained(whole, 60, 60);
            ToyProblem batches = new ToyProblem(5, 60);
            List<StepRecord> told = new ArrayList<>();
            TrainingStoppedException stopped = assertThrows(TrainingStoppedException.class,
                    () -> trainer.train(batches, 60, record -> {
                        told.add(record);
                        if (record.step() == 10) {
                            Thread.currentThread().interrupt();
                        }
                    }));
            assertTrue(Thread.currentThread().isInterrupted(), "it stays marked");
            assertEquals(trainer.step().submitted(), stopped.steps());
            assertEquals(stopped.steps(), told.size());
            assertTrue(stopped.steps() < 60 && stopped.getMessage().contains(stopped.steps() + " steps"),
                    stopped.getMessage());
            assertThrows(TrainingStoppedException.class, () -> trainer.train(batches, 60, told::add));
            assertEquals(stopped.steps(), trainer.step().submitted(), "no batch is taken of an interrupted thread");
            assertTrue(Thread.interrupted());
            trainer.train(batches, 60, told::add);
            assertEquals(shown(all), shown(told));
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void inferenceSeesTheParametersAsTheyAreWhenItRuns() {
        try (Trainer trainer = toy().build()) {
            Examples batch = new ToyProblem(8, 1).next();
            double before = squaredError(trainer.inference(), batch);
            trained(trainer, 300, 300);
            double after = squaredError(trainer.inference(), batch);
            assertTrue(after < before / 5, before + " before, " + after + " after");
            int right = 0;
            for (int i = 0; i < ToyProblem.BATCH; i++) {
                int side = trainer.inference().prediction(1).get(2 * i) > trainer.inference().prediction(1).get(2 * i
                        + 1) ? 0 : 1;
                right += side == batch.classes().get("side")[i] ? 1 : 0;
            }
            assertTrue(right >= 9, right + " of 10 sides are right");
        }
    }

    private static double squaredError(InferenceStep inference, Examples batch) {
        inference.input().put(batch.inputs());
        inference.run();
        double sum = 0;
        for (int i = 0; i < ToyProblem.BATCH; i++) {
            double difference = inference.prediction(0).get(i) - batch.values().get("line")[i];
            sum += difference * difference;
        }
        return sum;
    }

    static String shown(List<StepRecord> records) {
        StringBuilder text = new StringBuilder();
        for (StepRecord record : records) {
            text.append(record.step()).append(Arrays.toString(record.loss())).append(Arrays.toString(record.weight()))
                    .append(Arrays.toString(record.gradientNorm())).append(record.total()).append(record.accepted())
                            .append('\n');
        }
        return text.toString();
    }

    static void assertAlike(StepState expected, StepState actual) {
        assertArrayEquals(expected.counters(), actual.counters());
        assertArrayEquals(expected.balance(), actual.balance());
        expected.tensors().forEach((name, values) -> assertArrayEquals(values, actual.tensors().get(name), name));
        for (int k = 0; k < expected.moments().size(); k++) {
            Map<String, float[]> moments = actual.moments().get(k);
            expected.moments().get(k).forEach((name, values) -> assertArrayEquals(values, moments.get(name), name));
        }
    }
}
