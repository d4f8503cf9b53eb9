package io.gimbal.train;

import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.relu;
import static io.gimbal.nn.Layers.tanh;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.GradNorm;
import io.gimbal.data.BatchPipeline;
import io.gimbal.data.Rooms;
import io.gimbal.data.Sampler;
import io.gimbal.data.Slot;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.SoftDevice;
import io.gimbal.engine.InferenceStep;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Several threads on one device: what is for one thread refuses a second, everything else works side by side. */
@Tag("device")
class ThreadsTest {
    private static final int BATCH = 4;
    private static final int FEATURES = 8;
    private static final int STEPS = 5;
    private static final int ROUNDS = 100;

    private Device device;
    private ExecutorService pool;

    @BeforeEach
    void open() {
        device = DeviceUnderTest.open();
        pool = Executors.newCachedThreadPool();
    }

    @AfterEach
    void close() {
        pool.close();
        device.close();
    }

    /** Many products in a row: a graph in which one of another stream could go astray. */
    private static Network network() {
        List<Layer> trunk = new ArrayList<>();
        for (int layer = 0; layer < 12; layer++) {
            trunk.add(linear(16));
            trunk.add(tanh());
        }
        return Network.ofFeatures(FEATURES).trunk(trunk).head("b", linear(1)).head("c", linear(2));
    }

    private Trainer trainer(long seed) {
        return Trainer.of(device, network()).batch(BATCH).seed(seed).task("b", Loss.l2()).task("c", Loss.l1())
                .balancing(GradNorm.withAlpha(1.5)).build();
    }

    private static Iterator<Examples> batches(int count) {
        float[] inputs = new float[BATCH * FEATURES];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = i % 7 / 7f;
        }
        Examples examples = new Examples(inputs, Map.of("b", new float[] {1, 2, 3, 4}, "c", new float[2 * BATCH]),
                Map.of());
        return Collections.nCopies(count, examples).iterator();
    }

    private static void train(Trainer trainer) {
        trainer.train(batches(STEPS), STEPS, record -> { });
    }

    private static Map<String, float[]> trained(Trainer trainer) {
        train(trainer);
        return trainer.state().tensors();
    }

    private static void assertSame(Map<String, float[]> expected, Map<String, float[]> values) {
        assertEquals(expected.keySet(), values.keySet());
        expected.forEach((name, tensor) -> assertArrayEquals(tensor, values.get(name), name));
    }

    @Test
    void twoTrainersThatTwoThreadsBuildAtOnceLearnWhatEachLearnsAlone() throws Exception {
        List<Map<String, float[]>> alone = new ArrayList<>();
        for (int seed = 1; seed <= 2; seed++) {
            try (Trainer trainer = trainer(seed)) {
                alone.add(trained(trainer));
            }
        }
        for (int round = 0; round < ROUNDS; round++) {
            CyclicBarrier gate = new CyclicBarrier(2);
            List<Future<Map<String, float[]>>> both = new ArrayList<>();
            for (int seed = 1; seed <= 2; seed++) {
                int own = seed;
                both.add(pool.submit(() -> {
                    gate.await();
                    try (Trainer trainer = trainer(own)) {
                        return trained(trainer);
                    }
                }));
            }
            for (int i = 0; i < 2; i++) {
                assertSame(alone.get(i), both.get(i).get());
            }
        }
    }

    @Test
    void whileOneThreadTrainsAnotherBuildsWaitsForTheDeviceAndCloses() throws Exception {
        Map<String, float[]> alone;
        try (Trainer trainer = trainer(1)) {
            for (int k = 0; k < 20; k++) {
                train(trainer);
            }
            alone = trainer.state().tensors();
        }
        try (Trainer trainer = trainer(1)) {
            Future<?> training = pool.submit(() -> {
                for (int k = 0; k < 20; k++) {
                    train(trainer);
                }
                trainer.handOver();
            });
            while (!training.isDone()) {
                device.synchronize();
                try (Trainer other = trainer(2)) {
                    train(other);
                }
            }
            training.get();
            assertSame(alone, trainer.state().tensors());
        }
    }

    /** Of a width of its own, so that no engine is kept from before, and all are timed. */
    private Trainer convolutions(int width) {
        Network network = Network.ofImages(3, 12, 12).trunk(conv2d(width, 3).padding(1), relu())
                .head("b", conv2d(1, 3).padding(1)).head("c", conv2d(2, 1));
        return Trainer.of(device, network).batch(2).task("b", Loss.l2()).task("c", Loss.l1())
                .balancing(GradNorm.withAlpha(1.5)).build();
    }

    @Test
    void twoThreadsPlanConvolutionsAndTimeTheirEnginesAtOnce() throws Exception {
        Optional<SoftDevice> soft = device.softDevice();
        soft.ifPresent(switches -> switches.allEngines(true));
        try {
            for (int round = 0; round < 3; round++) {
                int width = 17 + round;
                Callable<Double> work = () -> {
                    try (Trainer trainer = convolutions(width)) {
                        List<Double> totals = new ArrayList<>();
                        Examples examples = new Examples(new float[2 * 12 * 12 * 3], Map.of("b",
                                new float[2 * 12 * 12], "c", new float[2 * 2 * 12 * 12]), Map.of());
                        trainer.train(Collections.nCopies(3, examples).iterator(), 3, record ->
                                totals.add(record.total()));
                        assertEquals(3, totals.size());
                        return totals.getLast();
                    }
                };
                List<Future<Double>> both = List.of(pool.submit(work), pool.submit(work));
                // Engines may differ by their last bits.
                assertEquals(both.getFirst().get(), both.getLast().get(), 1e-5 * Math.abs(both.getFirst().get()));
            }
        } finally {
            soft.ifPresent(switches -> switches.allEngines(false));
        }
    }

    @Test
    void eightThreadsPredictByAStepEachOverOneModel() throws Exception {
        try (Trainer trainer = trainer(1)) {
            train(trainer);
            List<float[]> expected = new ArrayList<>();
            for (int number = 0; number < 16; number++) {
                expected.add(predicted(trainer.inference(), number));
            }
            List<Future<Integer>> threads = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                int own = thread;
                threads.add(pool.submit(() -> {
                    int right = 0;
                    try (InferenceStep inference = new InferenceStep(device, trainer.step().model(),
                            trainer.step().graph())) {
                        for (int k = 0; k < 200; k++) {
                            int number = (own + k) % 16;
                            assertArrayEquals(expected.get(number), predicted(inference, number));
                            right++;
                        }
                    }
                    return right;
                }));
            }
            for (Future<Integer> thread : threads) {
                assertEquals(200, thread.get());
            }
        }
    }

    private static float[] predicted(InferenceStep inference, int number) {
        float[] inputs = new float[BATCH * FEATURES];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = (i * (number + 3)) % 11 / 11f;
        }
        inference.input().put(inputs);
        inference.run();
        float[] prediction = new float[BATCH];
        inference.prediction(0).get(prediction);
        return prediction;
    }

    /** What a call throws in a thread of the pool, which lives on. */
    private IllegalStateException refused(Callable<?> call) {
        ExecutionException thrown = assertThrows(ExecutionException.class, () -> pool.submit(call).get());
        assertTrue(thrown.getCause() instanceof IllegalStateException, thrown::toString);
        return (IllegalStateException) thrown.getCause();
    }

    private IllegalStateException refused(Runnable call) {
        return refused(Executors.callable(call));
    }

    @Test
    void whatIsForOneThreadRefusesASecondOneByName() {
        try (Trainer trainer = trainer(1); InferenceStep inference = trainer.inference()) {
            train(trainer);
            predicted(inference, 1);
            List<Runnable> calls = List.of(() -> train(trainer), trainer::poll, trainer::drain, trainer::state,
                    trainer::slots, trainer::inference, trainer::handOver, trainer.step()::synchronize,
                    () -> trainer.step().model().read(), () -> trainer.step().model().initialize(2));
            for (Runnable call : calls) {
                String message = refused(call).getMessage();
                assertTrue(message.contains("the training step is for one thread") && message.contains("handOver()")
                        && message.contains(Thread.currentThread().getName()), message);
            }
            List<Runnable> protocol = List.of(inference::input, inference::run, () -> inference.prediction(0),
                    inference::handOver);
            for (Runnable call : protocol) {
                assertTrue(refused(call).getMessage().contains("the inference step is for one thread"));
            }
        }
    }

    @Test
    void twoThreadsThatTakeTurnsBetweenTheCallsOfAnInferenceStepAreRefused() throws Exception {
        try (Trainer trainer = trainer(1); InferenceStep inference = trainer.inference()) {
            pool.submit(() -> inference.input().put(0, 1)).get();
            assertThrows(IllegalStateException.class, inference::run);
        }
    }

    @Test
    void whatIsHandedOverGoesOnInTheNextThread() throws Exception {
        Map<String, float[]> alone;
        try (Trainer trainer = trainer(1)) {
            train(trainer);
            alone = trained(trainer);
        }
        try (Trainer trainer = trainer(1)) {
            pool.submit(() -> {
                train(trainer);
                trainer.handOver();
            }).get();
            assertSame(alone, trained(trainer));
        }
    }

    @Test
    void aTrainerInUseIsNotClosedByAnotherThreadNorIsItsDevice() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        try (Trainer trainer = trainer(1)) {
            Future<?> training = pool.submit(() -> {
                trainer.train(batches(1), 1, record -> {
                    inside.countDown();
                    await(end);
                });
                train(trainer);
            });
            inside.await();
            for (AutoCloseable owner : List.of(trainer, trainer.step(), device)) {
                IllegalStateException refused = assertThrows(IllegalStateException.class, owner::close);
                assertTrue(refused.getMessage().contains("is inside a call of it"), refused::getMessage);
            }
            end.countDown();
            training.get();
        }
    }

    @Test
    void aModelThatAnotherThreadPredictsWithIsNotClosedAndNothingIsLost() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Trainer trainer = trainer(1);
        InferenceStep free = new InferenceStep(device, trainer.step().model(), trainer.step().graph());
        InferenceStep used = new InferenceStep(device, trainer.step().model(), trainer.step().graph());
        Future<?> predicting = pool.submit(() -> {
            try (var _ = used.confinement().enter()) {
                inside.countDown();
                await(end);
                predicted(used, 1);
            }
        });
        inside.await();
        assertThrows(IllegalStateException.class, trainer::close);
        train(trainer);
        predicted(free, 1);
        end.countDown();
        predicting.get();
        trainer.close();
        assertTrue(free.closed() && used.closed());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @Test
    void aListenerMayCallTheTrainerButNotCloseIt() {
        try (Trainer trainer = trainer(1)) {
            List<Long> steps = new ArrayList<>();
            trainer.train(batches(STEPS), STEPS, record -> {
                trainer.state();
                trainer.inference().run();
                steps.add(record.step());
                assertThrows(IllegalStateException.class, trainer::close);
            });
            assertEquals(STEPS, steps.size());
        }
    }

    @Test
    void aPipelinesBatchesAreForOneThread() {
        Rooms rooms = new Rooms(1, 8, 16, 24);
        Sampler sampler = Sampler.training(8, 2, 1, true, true);
        List<Slot> slots = List.of(Slot.allocate(rooms, 2, List.of("depth")), Slot.allocate(rooms, 2,
                List.of("depth")));
        try (BatchPipeline pipeline = new BatchPipeline(rooms, sampler, sampler.start(), slots, 1)) {
            pipeline.release(pipeline.next().slot());
            assertTrue(refused(pipeline::next).getMessage().contains("the batch pipeline is for one thread"));
            assertFalse(pipeline.next().last());
            pipeline.handOver();
        }
    }
}
