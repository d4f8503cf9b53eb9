package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.GradNorm;
import io.gimbal.config.UserException;
import io.gimbal.cuda.Counters;
import io.gimbal.device.BindingKind;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Stream;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.InvalidValues;
import io.gimbal.engine.StepRecord;
import io.gimbal.optimizer.Adam;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that lie on the device: a step on one is the step on the same batch from the host, without the trip. */
@Tag("device")
class DeviceExamplesTest {
    private static final int STEPS = 60;
    /** Of 200 steps: see TrainingStepTest. */
    private static final long ALLOWED_BYTES = 2000;
    /** By when the steps are surely compiled, also where other work wants the processors. */
    private static final long COMPILED_NANOSECONDS = 30_000_000_000L;

    private Device device;
    private Stream writer;

    @BeforeEach
    void open() {
        device = DeviceUnderTest.open(by());
        GuardedDevice.guard(device, true);
        writer = device.newStream();
    }

    @AfterEach
    void close() {
        DeviceUnderTest.lateStreams(device, false);
        GuardedDevice.guard(device, false);
        device.close();
    }

    /** As late as they may on the software device; on a GPU they run when it pleases. */
    private void letStreamsRunLate() {
        device.softDevice().ifPresent(soft -> soft.lateStreams(true));
    }

    /** By what the device calls CUDA. */
    BindingKind by() {
        return BindingKind.PANAMA;
    }

    private Trainer newTrainer() {
        return ToyProblem.trainer(device).optimizer(Adam.withRate(0.02)).balancing(GradNorm.withAlpha(1.5)).build();
    }

    /** A batch on the device, filled by way of page-locked memory in the writer's stream. */
    private final class Written implements AutoCloseable {
        final DeviceMemory inputs = device.allocate(ToyProblem.BATCH * ToyProblem.FEATURES * 4L);
        final DeviceMemory line = device.allocate(ToyProblem.BATCH * 4L);
        final DeviceMemory side = device.allocate(ToyProblem.BATCH * 4L);
        final DeviceExamples batch = new DeviceExamples(inputs, Map.of("line", line, "side", side));
        private final List<PinnedMemory> hosts = new ArrayList<>();

        void write(Examples examples) {
            ByteBuffer bytes = ByteBuffer.allocate((int) (inputs.bytes() + line.bytes()
                    + side.bytes())).order(ByteOrder.nativeOrder());
            for (float x : examples.inputs()) {
                bytes.putFloat(x);
            }
            for (float y : examples.values().get("line")) {
                bytes.putFloat(y);
            }
            for (int c : examples.classes().get("side")) {
                bytes.putInt(c);
            }
            PinnedMemory host = device.allocatePinned(bytes.capacity());
            hosts.add(host);
            host.buffer().put(bytes.flip());
            writer.copyToDevice(inputs.address(), host, 0, inputs.bytes());
            writer.copyToDevice(line.address(), host, inputs.bytes(), line.bytes());
            writer.copyToDevice(side.address(), host, inputs.bytes() + line.bytes(), side.bytes());
        }

        @Override
        public void close() {
            writer.synchronize();
            hosts.forEach(PinnedMemory::close);
        }
    }

    /** One batch's memory for all steps: it is written anew in the writer's stream right after each step. */
    private List<StepRecord> trainOnTheDevice(Trainer trainer) {
        List<StepRecord> records = new ArrayList<>();
        ToyProblem problem = new ToyProblem(5, STEPS);
        try (Written written = new Written()) {
            for (int step = 0; step < STEPS; step++) {
                written.write(problem.next());
                trainer.advance(written.batch, writer);
                records.addAll(trainer.poll());
            }
            records.addAll(trainer.drain());
        }
        return records;
    }

    private static List<String> text(List<StepRecord> records) {
        return records.stream().map(record -> record.step() + " " + java.util.Arrays.toString(record.loss())
                + java.util.Arrays.toString(record.weight())).toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void stepsAreThoseOfTheSameBatchesFromTheHostToTheBit(boolean late) {
        List<StepRecord> host = new ArrayList<>();
        Map<String, float[]> expected;
        try (Trainer trainer = newTrainer()) {
            trainer.train(new ToyProblem(5, STEPS), STEPS, host::add);
            expected = trainer.step().model().read();
        }
        DeviceUnderTest.lateStreams(device, late);
        try (Trainer trainer = newTrainer()) {
            assertEquals(text(host), text(trainOnTheDevice(trainer)));
            Map<String, float[]> actual = trainer.step().model().read();
            expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
        }
    }

    /** The device alone sees these batches: what may not stand in them is counted there, and told by example. */
    @Test
    void whatMayNotStandInABatchIsToldByTaskAndExample() {
        try (Trainer trainer = newTrainer(); Written written = new Written()) {
            for (int step = 0; step < 4; step++) {
                Examples examples = new ToyProblem(5, 1).next();
                if (step == 1) {
                    examples.classes().get("side")[4] = 255;
                    examples.classes().get("side")[7] = -1;
                    examples.values().get("line")[9] = Float.NEGATIVE_INFINITY;
                } else if (step == 2) {
                    examples.inputs()[3 * ToyProblem.FEATURES + 1] = Float.NaN;
                }
                written.write(examples);
                trainer.advance(written.batch, writer);
            }
            List<StepRecord> records = trainer.drain();
            assertEquals(List.of(true, false, false, true), records.stream().map(StepRecord::accepted).toList());
            InvalidValues none = new InvalidValues(0, 0, 0);
            assertEquals(none, records.getFirst().invalidInputs());
            assertEquals(List.of(none, none), records.getLast().invalidTargets());
            assertEquals(none, records.get(1).invalidInputs());
            assertEquals(List.of(new InvalidValues(1, 9, Double.NEGATIVE_INFINITY), new InvalidValues(2, 4, 255)),
                    records.get(1).invalidTargets());
            assertEquals(new InvalidValues(1, 3, Double.NaN), records.get(2).invalidInputs());
            assertEquals(2, trainer.rejectedSteps());
            assertEquals("2 of 4 steps changed nothing: they were not finite in line (loss), side (loss); the targets "
                    + "of task 'line' hold -Infinity (1 place of step 1, first in example 9); where there is no label, "
                    + "the value that the loss ignores must stand; task 'side' holds class 255 (2 places of step 1, "
                    + "first in example 4); classes go from 0 to 1, and -100 means no label: if 255 does, the loss"
                    + " must ignore 255; the inputs hold NaN (1 place of step 2, first in example 3)",
                    trainer.rejections().orElseThrow());
        }
    }

    @Test
    void whatTheWriterPutsInNextWaitsUntilTheBatchHasBeenTaken() {
        Map<String, float[]> expected;
        try (Trainer trainer = newTrainer()) {
            trainer.train(new ToyProblem(5, 1), 1, step -> { });
            expected = trainer.step().model().read();
        }
        letStreamsRunLate();
        try (Trainer trainer = newTrainer(); Written written = new Written()) {
            written.write(new ToyProblem(5, 1).next());
            trainer.advance(written.batch, writer);
            writer.fillWords(written.inputs.address(), Float.floatToRawIntBits(Float.NaN), written.inputs.bytes() / 4);
            // Runs what the writer holds, and only what that waits for.
            writer.synchronize();
            assertTrue(trainer.drain().getFirst().accepted());
            Map<String, float[]> actual = trainer.step().model().read();
            expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
        }
    }

    @Test
    @Tag("optimised")
    void aSteadyStepCopiesOnTheDeviceAloneWaitsForNothingAndMakesNoObject() {
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        try (Trainer trainer = newTrainer(); Written written = new Written()) {
            written.write(new ToyProblem(5, 1).next());
            trainer.advance(written.batch, writer);
            trainer.drain();
            long fewest = Long.MAX_VALUE;
            for (long end = System.nanoTime() + COMPILED_NANOSECONDS; fewest >= ALLOWED_BYTES
                    && System.nanoTime() < end;) {
                Counters before = device.counters();
                long bytes = threads.getCurrentThreadAllocatedBytes();
                for (int step = 0; step < 200; step++) {
                    trainer.advance(written.batch, writer);
                }
                fewest = Math.min(fewest, threads.getCurrentThreadAllocatedBytes() - bytes);
                assertEquals(new Counters(0, 0, 600, 0, 0, 0, 200), device.counters().minus(before));
                assertEquals(200, trainer.drain().size());
            }
            assertTrue(fewest < ALLOWED_BYTES, fewest + " bytes in 200 steps");
        }
    }

    @Test
    void predictionsOnTheDeviceAreThoseByWayOfTheHost() {
        try (Trainer trainer = newTrainer(); Written written = new Written()) {
            Examples examples = new ToyProblem(7, 1).next();
            trainOnTheDevice(trainer);
            InferenceStep inference = trainer.inference();
            inference.input().put(examples.inputs());
            inference.run();
            float[] line = floats(inference.prediction(0));
            float[] side = floats(inference.prediction(1));
            DeviceMemory lineHere = device.allocate(ToyProblem.BATCH * 4L);
            DeviceMemory sideHere = device.allocate(ToyProblem.BATCH * 8L);
            letStreamsRunLate();
            written.write(examples);
            trainer.awaitIn(writer);
            inference.run(written.inputs, List.of(lineHere, sideHere), writer);
            writer.synchronize();
            assertArrayEquals(line, floats(lineHere));
            assertArrayEquals(side, floats(sideHere));
            // In the latest order that is allowed: images that were not waited for would be taken before they come.
            writer.fillWords(written.inputs.address(), Float.floatToRawIntBits(Float.NaN), written.inputs.bytes() / 4);
            writer.synchronize();
            written.write(examples);
            inference.run(written.inputs, List.of(lineHere, sideHere), writer);
            device.synchronize();
            assertArrayEquals(line, floats(lineHere));
            assertArrayEquals(side, floats(sideHere));
        }
    }

    @Test
    void aParameterIsReadWhereItLiesBehindTheLastStep() {
        letStreamsRunLate();
        try (Trainer trainer = newTrainer(); Written written = new Written()) {
            DeviceMemory weight = trainer.step().model().parameter("trunk.0.weight");
            DeviceMemory copy = device.allocate(weight.bytes());
            trainer.awaitIn(writer);
            float[] before = trainer.step().model().read().get("trunk.0.weight");
            written.write(new ToyProblem(5, 1).next());
            trainer.advance(written.batch, writer);
            trainer.awaitIn(writer);
            writer.copy(copy.address(), weight.address(), weight.bytes());
            writer.synchronize();
            assertArrayEquals(trainer.step().model().read().get("trunk.0.weight"), floats(copy));
            trainer.drain();
            assertArrayEquals(trainer.step().model().read().get("trunk.0.weight"), floats(copy));
            assertFalse(java.util.Arrays.equals(before, floats(copy)), "the step changed nothing");
            weight.close();
            assertTrue(assertThrows(IllegalArgumentException.class,
                    () -> trainer.step().model().parameter("trunk.0")).getMessage().startsWith(
                    "the network has no parameter 'trunk.0'; it has trunk.0.weight, "));
        }
    }

    @Test
    void partsThatAreMissingOrOfAnotherSizeAreRefusedByNameAndNothingIsLaunched() {
        try (Trainer trainer = newTrainer(); Written written = new Written()) {
            Counters before = device.counters();
            refuses(trainer, written.line, written.batch.targets(), "40 bytes of inputs where 160 are due");
            refuses(trainer, written.inputs, Map.of("line", written.line), "no targets of task 'side'; 40 bytes");
            refuses(trainer, written.inputs, Map.of("line", written.inputs, "side", written.side),
                    "160 bytes of targets of task 'line' where 40 are due");
            refuses(trainer, null, written.batch.targets(), "no inputs; 160 bytes are due");
            assertEquals(before, device.counters());
            InferenceStep inference = trainer.inference();
            assertTrue(assertThrows(IllegalArgumentException.class, () -> inference.run(written.line,
                    List.of(written.line, written.side), writer)).getMessage().startsWith("the images: device memory"));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> inference.run(written.inputs,
                    List.of(written.line, written.side), writer)).getMessage().startsWith(
                    "the prediction of task 'side': "));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> inference.run(written.inputs,
                    List.of(written.line), writer)).getMessage().contains("memory for 1 predictions"));
        }
    }

    private void refuses(Trainer trainer, DeviceMemory inputs, Map<String, DeviceMemory> targets, String part) {
        String message = assertThrows(UserException.class,
                () -> trainer.advance(new DeviceExamples(inputs, targets), writer)).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void aClassThatIsNoneSpoilsItsStepAndChangesNothing() {
        try (Trainer trainer = newTrainer(); Written written = new Written()) {
            Examples examples = new ToyProblem(5, 1).next();
            examples.classes().get("side")[3] = 2;
            Map<String, float[]> before = trainer.step().model().read();
            written.write(examples);
            trainer.advance(written.batch, writer);
            assertTrue(!trainer.drain().getFirst().accepted());
            assertEquals(1, trainer.rejectedSteps());
            Map<String, float[]> after = trainer.step().model().read();
            before.forEach((name, values) -> assertArrayEquals(values, after.get(name), name));
        }
    }

    private static float[] floats(java.nio.FloatBuffer buffer) {
        float[] values = new float[buffer.remaining()];
        buffer.duplicate().get(values);
        return values;
    }

    private float[] floats(DeviceMemory memory) {
        ByteBuffer bytes = ByteBuffer.allocate((int) memory.bytes()).order(ByteOrder.nativeOrder());
        device.download(memory, bytes);
        return floats(bytes.asFloatBuffer());
    }
}
