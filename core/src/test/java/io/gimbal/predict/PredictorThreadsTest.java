package io.gimbal.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.cuda.CudaException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.SoftDevice;
import io.gimbal.run.TinyRooms;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A predictor is for any number of threads, and ends cleanly at any moment. */
@Tag("device")
@Timeout(120)
class PredictorThreadsTest {
    /**
     * Of values of order 1 that pass through three convolutions. In a batch of another size another engine may sum, in
     * another order: some 1e-7 of each sum of at most 36 products.
     */
    private static final float TOLERANCE = 1e-5f;
    private static final int THREADS = 8;
    private static final int TASKS = 3;
    private static final String NAME = "predictor of ";
    private static final String[] LIVE = {"live_allocations", "live_bytes", "live_host_allocations", "live_streams",
            "live_events", "live_graphs", "live_executables"};

    @TempDir
    private static Path folder;
    private static Model model;
    private static Model other;
    private static final List<float[]> IMAGES = TinyModel.images(40, TinyModel.VALUES);

    private Device device;
    private ExecutorService pool;

    @BeforeAll
    static void write() {
        model = Model.load(TinyModel.write(folder.resolve("one"), 1));
        other = Model.load(TinyModel.write(folder.resolve("other"), 2));
    }

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

    /** Keeps the predictor's thread behind each batch until it is let go. */
    private static final class Gate implements PredictorListener {
        private final Semaphore arrivals = new Semaphore(0);
        private final Semaphore passes = new Semaphore(0);
        private final List<String> batches = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void batch(int requests, int size, Duration waited, Duration ran) {
            batches.add(requests + " of " + size);
            arrivals.release();
            passes.acquireUninterruptibly();
        }

        void awaitBatch() throws InterruptedException {
            assertTrue(arrivals.tryAcquire(60, TimeUnit.SECONDS), "no batch came");
        }

        void open() {
            passes.release(1_000_000);
        }
    }

    private static PhotoSource source(int image) {
        return PhotoSource.normalised(IMAGES.get(image));
    }

    /** What one thread gets in full batches of eight, by image and task. */
    private static List<float[][]> inFullBatches(Device on, Model by) {
        List<float[][]> answers = new ArrayList<>();
        try (BatchSteps steps = new BatchSteps(on, by, List.of(8))) {
            for (int first = 0; first < IMAGES.size(); first += 8) {
                BatchSteps.Predicted predicted = steps.run(IMAGES.subList(first, first + 8));
                for (int i = 0; i < 8; i++) {
                    answers.add(predicted.take(i).toArray(float[][]::new));
                }
            }
        }
        return answers;
    }

    private static void assertAnswer(float[][] due, PhotoPrediction prediction) {
        for (int task = 0; task < TASKS; task++) {
            assertArrayEquals(due[task], prediction.raw(task), TOLERANCE);
        }
    }

    private record Asked(Predictor predictor, List<float[][]> due) {}

    /** Lets threads ask for so many answers together, of predictors in turn, and looks at each. */
    private void ask(int requests, List<Asked> all) throws Exception {
        List<Callable<Void>> threads = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            int own = thread;
            threads.add(() -> {
                Random random = new Random(own);
                for (int i = own; i < requests; i += THREADS) {
                    Asked asked = all.get(i / THREADS % all.size());
                    int image = random.nextInt(IMAGES.size());
                    assertAnswer(asked.due().get(image), asked.predictor().predict(source(image)));
                }
                return null;
            });
        }
        for (Future<Void> done : pool.invokeAll(threads)) {
            done.get();
        }
    }

    private PredictorStatistics everyAnswerIsRight(int requests) throws Exception {
        List<float[][]> due = inFullBatches(device, model);
        PredictorOptions options = PredictorOptions.DEFAULT.waiting(Duration.ofMillis(2));
        try (Predictor predictor = model.predictor(device, options)) {
            ask(requests, List.of(new Asked(predictor, due)));
            assertEquals(requests, predictor.statistics().predicted());
            assertEquals(0, predictor.statistics().waiting());
            assertTrue(predictor.statistics().longest().isPositive());
            return predictor.statistics();
        }
    }

    @Test
    void manyThreadsGetWhatOneThreadGetsInFullBatches() throws Exception {
        PredictorStatistics statistics = everyAnswerIsRight(300);
        assertTrue(statistics.batches() < 300, "requests of eight threads never shared a batch");
    }

    @Test
    @Tag("predictor")
    void tenThousandRequestsOfEightThreadsGetIt() throws Exception {
        everyAnswerIsRight(10_000);
    }

    /** Tells how fast, and asserts no time: a machine has other things to do. The network takes 64 x 96. */
    @Test
    @Tag("predictor")
    void requestsOfEightThreadsAreAboutAsFastAsFullBatchesOfOne() throws Exception {
        int requests = 1000;
        Config config = Config.parse(TinyRooms.TEXT.replace("[3, 16, 24]", "[3, 64, 96]"), "larger.json");
        Model larger = Model.load(TinyModel.write(folder.resolve("larger"), config, 1));
        List<PhotoSource> sources = TinyModel.images(40, 64 * 96 * 3).stream().map(PhotoSource::normalised).toList();
        List<Double> ratios = new ArrayList<>();
        // Who asks again as soon as there is an answer comes just too late for the next batch, unless that waits.
        PredictorOptions waiting = PredictorOptions.upTo(8).waiting(Duration.ofMillis(20));
        try (Predictor predictor = larger.predictor(device, waiting);
                BatchSteps steps = new BatchSteps(device, larger, List.of(8))) {
            for (int round = 0; round < 10; round++) {
                double alone = aSecond(requests, () -> inFullBatches(larger, steps, sources, requests));
                double together = aSecond(requests, () -> ask(requests, sources, predictor));
                ratios.add(together / alone);
                System.out.printf("full batches of one thread: %.0f a second; %d threads: %.0f a second%n", alone,
                        THREADS, together);
            }
            Collections.sort(ratios);
            System.out.printf("median %.2f of it, best %.2f; %s%n", ratios.get(5), ratios.getLast(),
                    predictor.statistics());
        }
    }

    /** Reads, predicts and takes, as the predictor does; returns how many. */
    private static int inFullBatches(Model by, BatchSteps steps, List<PhotoSource> sources, int requests) {
        List<PhotoPrediction> answers = new ArrayList<>();
        for (int first = 0; first < requests; first += 8) {
            List<PredictionSource.Reading<PhotoPrediction>> images = new ArrayList<>();
            for (int i = first; i < first + 8; i++) {
                images.add(sources.get(i % sources.size()).read(by));
            }
            BatchSteps.Predicted predicted = steps.run(images.stream().map(PredictionSource.Reading::values).toList());
            answers.clear();
            for (int i = 0; i < 8; i++) {
                answers.add(images.get(i).prediction().apply(predicted.take(i)));
            }
        }
        return answers.size();
    }

    private Void ask(int requests, List<PhotoSource> sources, Predictor predictor) throws Exception {
        List<Callable<Void>> threads = Collections.nCopies(THREADS, () -> {
            for (int i = 0; i < requests / THREADS; i++) {
                predictor.predict(sources.get(i % sources.size()));
            }
            return null;
        });
        for (Future<Void> done : pool.invokeAll(threads)) {
            done.get();
        }
        return null;
    }

    private static double aSecond(int requests, Callable<?> work) throws Exception {
        long begun = System.nanoTime();
        work.call();
        return requests * 1e9 / (System.nanoTime() - begun);
    }

    @Test
    void twoModelsOnOneDeviceAndOnTwoAnswerEachByItself() throws Exception {
        List<float[][]> ones = inFullBatches(device, model);
        List<float[][]> others = inFullBatches(device, other);
        try (Device second = DeviceUnderTest.open(); Predictor first = model.predictor(device);
                Predictor beside = other.predictor(device); Predictor there = other.predictor(second)) {
            assertTrue(Math.abs(ones.getFirst()[0][0] - others.getFirst()[0][0]) > 1e-3, "the models are alike");
            ask(200, List.of(new Asked(first, ones), new Asked(beside, others), new Asked(there, others)));
        }
    }

    private Map<String, Long> live() {
        SoftDevice soft = DeviceUnderTest.switches(device);
        Map<String, Long> figures = new LinkedHashMap<>();
        for (String what : LIVE) {
            figures.put(what, soft.get(what));
        }
        return figures;
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith(NAME))
                .count();
    }

    private void loadPredictClose() throws InterruptedException {
        Model loaded = Model.load(folder.resolve("one"));
        try (Predictor predictor = loaded.predictor(device)) {
            predictor.predict(source(0));
        }
    }

    private void cyclesLeaveNothing(int cycles) throws InterruptedException {
        // The first compiles the kernels, which stay with the device, and makes the stream by which it is set up.
        loadPredictClose();
        Map<String, Long> before = live();
        for (int i = 0; i < cycles; i++) {
            loadPredictClose();
            assertEquals(before, live(), "after cycle " + i);
            assertEquals(0, threads(), "after cycle " + i);
        }
    }

    @Test
    void loadingPredictingAndClosingLeaveNothingOnTheDeviceAndNoThread() throws InterruptedException {
        cyclesLeaveNothing(20);
    }

    @Test
    @Tag("predictor")
    void norDoFiveHundredTimes() throws InterruptedException {
        cyclesLeaveNothing(500);
    }

    @Test
    void aPredictorThatFindsNoMemoryLeavesNoneBehindAndNoThread() throws InterruptedException {
        loadPredictClose();
        SoftDevice soft = DeviceUnderTest.switches(device);
        Map<String, Long> before = live();
        int failures = 0;
        for (boolean built = false; !built; ) {
            soft.failAllocation(failures + 1);
            try (Predictor predictor = model.predictor(device)) {
                built = predictor.batch() == 8;
            } catch (CudaException e) {
                failures++;
            }
            soft.failAllocation(0);
            assertEquals(before, live(), "after allocation " + failures + " failed");
            assertEquals(0, threads());
        }
        assertTrue(failures >= 4, "only " + failures + " allocations could fail");
    }

    @Test
    void asManyAsHaveComeRunInTheSmallestStepThatHoldsThem() throws Exception {
        Gate gate = new Gate();
        try (Predictor predictor = model.predictor(device, PredictorOptions.upTo(8).telling(gate))) {
            List<CompletableFuture<PhotoPrediction>> answers = new ArrayList<>(List.of(predictor.submit(source(0))));
            for (int count : new int[] {3, 5, 8, 1, 2}) {
                gate.awaitBatch();
                for (int i = 0; i < count; i++) {
                    answers.add(predictor.submit(source(i)));
                }
                gate.passes.release();
            }
            gate.open();
            for (CompletableFuture<PhotoPrediction> answer : answers) {
                answer.get();
            }
        }
        assertEquals(List.of("1 of 1", "3 of 4", "5 of 8", "8 of 8", "1 of 1", "2 of 2"), gate.batches);
    }

    @Test
    void aRequestWaitsForOthersUntilTheBatchIsFull() throws Exception {
        Gate gate = new Gate();
        gate.open();
        PredictorOptions patient = PredictorOptions.only(3).waiting(Duration.ofHours(1)).telling(gate);
        try (Predictor predictor = model.predictor(device, patient)) {
            List<CompletableFuture<PhotoPrediction>> answers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                answers.add(predictor.submit(source(i)));
            }
            for (CompletableFuture<PhotoPrediction> answer : answers) {
                answer.get();
            }
            gate.awaitBatch();
            assertEquals(List.of("3 of 3"), gate.batches);
            Future<PhotoPrediction> alone = predictor.submit(source(0));
            predictor.completeForNow();
            alone.get();
            gate.awaitBatch();
            assertEquals("1 of 3", gate.batches.getLast());
        }
    }

    @Test
    void whatIsCancelledWhileItWaitsIsNotComputedAndFreesItsPlace() throws Exception {
        Gate gate = new Gate();
        try (Predictor predictor = model.predictor(device, PredictorOptions.only(1).queueing(2).telling(gate))) {
            predictor.predict(source(0));
            gate.awaitBatch();
            CompletableFuture<PhotoPrediction> given = predictor.submit(source(1));
            CompletableFuture<PhotoPrediction> kept = predictor.submit(source(2));
            assertTrue(predictor.trySubmit(source(3)).isEmpty());
            assertTrue(given.cancel(true));
            assertEquals(1, predictor.statistics().waiting());
            CompletableFuture<PhotoPrediction> instead = predictor.trySubmit(source(3)).orElseThrow();
            gate.open();
            kept.get();
            instead.get();
            assertThrows(CancellationException.class, given::get);
            assertEquals(3, predictor.statistics().predicted());
        }
    }

    private static void awaitWaiting(Thread thread) {
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            assertTrue(thread.isAlive());
            Thread.onSpinWait();
        }
    }

    /** Runs beside the test; what it throws is given. */
    private static CompletableFuture<Throwable> beside(List<Thread> threads, Callable<?> work) {
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        threads.add(Thread.ofPlatform().start(() -> {
            try {
                work.call();
                outcome.complete(null);
            } catch (Throwable thrown) {
                outcome.complete(thrown);
            }
        }));
        return outcome;
    }

    @Test
    void aFullQueueLetsWaitAndRefusesWhoeverDoesNotWant() throws Exception {
        Gate gate = new Gate();
        try (Predictor predictor = model.predictor(device, PredictorOptions.only(1).queueing(1).telling(gate))) {
            predictor.predict(source(0));
            gate.awaitBatch();
            Future<PhotoPrediction> waiting = predictor.submit(source(1));
            assertTrue(predictor.trySubmit(source(2)).isEmpty());
            assertThrows(TimeoutException.class, () -> predictor.predict(source(2), Duration.ofMillis(1)));
            List<Thread> threads = new ArrayList<>();
            CompletableFuture<Throwable> submitting = beside(threads, () -> predictor.submit(source(3)).get());
            CompletableFuture<Throwable> interrupted = beside(threads, () -> predictor.submit(source(3)));
            threads.forEach(PredictorThreadsTest::awaitWaiting);
            threads.getLast().interrupt();
            assertInstanceOf(InterruptedException.class, interrupted.get());
            assertFalse(submitting.isDone());
            gate.open();
            waiting.get();
            assertEquals(null, submitting.get());
            assertEquals(3, predictor.statistics().predicted());
        }
    }

    @Test
    void whoeverWaitsNoLongerGivesTheRequestUp() throws Exception {
        Gate gate = new Gate();
        try (Predictor predictor = model.predictor(device, PredictorOptions.only(1).telling(gate))) {
            predictor.predict(source(0));
            gate.awaitBatch();
            assertThrows(TimeoutException.class, () -> predictor.predict(source(1), Duration.ofMillis(1)));
            List<Thread> threads = new ArrayList<>();
            CompletableFuture<Throwable> interrupted = beside(threads, () -> predictor.predict(source(2)));
            awaitWaiting(threads.getFirst());
            threads.getFirst().interrupt();
            assertInstanceOf(InterruptedException.class, interrupted.get());
            assertEquals(0, predictor.statistics().waiting());
            gate.open();
            assertTrue(predictor.predict(source(3), Duration.ofMinutes(1)).raw(0).length > 0);
            assertEquals(2, predictor.statistics().predicted());
        }
    }

    @Test
    void closingWhileBusyFinishesWhatWasAcceptedAndReleasesWhoWaits() throws Exception {
        Gate gate = new Gate();
        Predictor predictor = model.predictor(device, PredictorOptions.only(2).queueing(3).telling(gate));
        predictor.predict(source(0));
        gate.awaitBatch();
        List<Future<PhotoPrediction>> accepted = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            accepted.add(predictor.submit(source(i)));
        }
        List<Thread> threads = new ArrayList<>();
        CompletableFuture<Throwable> submitting = beside(threads, () -> predictor.submit(source(3)));
        CompletableFuture<Throwable> predicting = beside(threads, () -> predictor.predict(source(3)));
        threads.forEach(PredictorThreadsTest::awaitWaiting);
        CompletableFuture<Throwable> closing = beside(threads, () -> {
            predictor.close();
            return null;
        });
        assertInstanceOf(PredictorClosedException.class, submitting.get());
        assertInstanceOf(PredictorClosedException.class, predicting.get());
        assertFalse(closing.isDone(), "it does not wait for what was accepted");
        gate.open();
        assertEquals(null, closing.get());
        for (Future<PhotoPrediction> answer : accepted) {
            assertTrue(answer.get().raw(0).length > 0);
        }
        assertEquals(4, predictor.statistics().predicted());
        predictor.close();
        assertEquals("the predictor is closed", assertThrows(PredictorClosedException.class, () ->
                predictor.trySubmit(source(0))).getMessage());
        assertEquals(0, threads());
    }

    @Test
    void anInterruptDoesNotKeepItFromClosing() throws Exception {
        Predictor predictor = model.predictor(device);
        predictor.predict(source(0));
        Thread.currentThread().interrupt();
        predictor.close();
        assertTrue(Thread.interrupted(), "it stays marked");
        assertEquals(0, threads());
    }

    @Test
    void aFaultyRequestFailsAlone() throws Exception {
        Path broken = Files.write(folder.resolve("broken.png"), new byte[] {1, 2, 3});
        try (Predictor predictor = model.predictor(device)) {
            float[] infinite = IMAGES.getFirst().clone();
            infinite[3 * (2 * TinyModel.WIDTH + 5) + 1] = Float.POSITIVE_INFINITY;
            Map<PhotoSource, String> faulty = Map.of(PhotoSource.of(broken), broken + ": neither a picture",
                    PhotoSource.of(folder.resolve("none.png")), "none.png: this file is missing",
                    PhotoSource.normalised(new float[5]), "the image: 5 values, where a normalised image of this model "
                    + "has 1152 of float32: 16 rows of 24 pixels of 3 channels.", PhotoSource.normalised(infinite),
                    "the image: row 2, column 5 holds Infinity");
            faulty.forEach((source, message) -> {
                UserException told = assertThrows(UserException.class, () -> predictor.predict(source));
                assertTrue(told.getMessage().contains(message), told.getMessage());
                ExecutionException failed = assertThrows(ExecutionException.class, () -> predictor.submit(source)
                        .get());
                assertTrue(failed.getCause().getMessage().contains(message), failed.getMessage());
            });
            assertEquals(0, predictor.statistics().waiting());
            predictor.predict(source(0));
            assertEquals(1, predictor.statistics().predicted());
        }
    }

    @Test
    void aFailureOfTheDeviceFailsAllByNameAndRefusesLaterOnes() throws Exception {
        SoftDevice soft = DeviceUnderTest.switches(device);
        Gate gate = new Gate();
        Predictor predictor = model.predictor(device, PredictorOptions.only(1).queueing(3).telling(gate));
        predictor.predict(source(0));
        gate.awaitBatch();
        List<Future<PhotoPrediction>> accepted = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            accepted.add(predictor.submit(source(i)));
        }
        List<Thread> threads = new ArrayList<>();
        CompletableFuture<Throwable> blocked = beside(threads, () -> predictor.submit(source(3)));
        awaitWaiting(threads.getFirst());
        soft.stickyError(719);
        try {
            gate.open();
            for (Future<PhotoPrediction> answer : accepted) {
                Throwable cause = assertThrows(ExecutionException.class, answer::get).getCause();
                assertInstanceOf(PredictorFailedException.class, cause);
                assertInstanceOf(CudaException.class, cause.getCause());
                assertTrue(cause.getMessage().contains("CUDA_ERROR_LAUNCH_FAILED"), cause.getMessage());
            }
            // Whoever waited for a place got that of the one which was being predicted, or is refused.
            Throwable released = blocked.get();
            assertTrue(released == null || released instanceof PredictorFailedException, () -> "" + released);
            assertThrows(PredictorFailedException.class, () -> predictor.predict(source(0)));
            assertThrows(PredictorFailedException.class, () -> predictor.trySubmit(source(0)));
        } finally {
            soft.stickyError(0);
        }
        predictor.close();
        assertEquals(0, threads());
    }

    @Test
    void closingTheDeviceClosesIt() throws Exception {
        Device own = DeviceUnderTest.open();
        Predictor predictor = model.predictor(own);
        predictor.predict(source(0));
        own.close();
        PredictorClosedException refused = assertThrows(PredictorClosedException.class, () ->
                predictor.predict(source(0)));
        assertTrue(refused.getMessage().startsWith("the predictor's device is closed"), refused.getMessage());
        predictor.close();
        assertEquals(0, threads());
    }

    @Test
    void whatIsDoneWithAnAnswerKeepsNobodyWaiting() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        // The first waits for the second: what is chained to an answer that is there already is done by who chains it.
        PredictorOptions pairs = PredictorOptions.only(2).waiting(Duration.ofMinutes(1));
        try (Predictor predictor = model.predictor(device, pairs)) {
            CompletableFuture<Void> lasting = predictor.submit(source(0)).thenAccept(prediction -> await(end));
            predictor.predict(source(1));
            predictor.submit(source(2));
            predictor.submit(source(3)).get();
            assertFalse(lasting.isDone());
            end.countDown();
            lasting.get();
        }
    }

    private static void await(CountDownLatch end) {
        try {
            end.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aListenerThatThrowsOrClosesEndsNothing() throws Exception {
        List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((_, failure) -> thrown.add(failure));
        CompletableFuture<Predictor> itself = new CompletableFuture<>();
        PredictorListener closing = new PredictorListener() {
            @Override
            public void batch(int requests, int size, Duration waited, Duration ran) {
                itself.join().close();
            }
        };
        try (Predictor predictor = model.predictor(device, PredictorOptions.only(1).telling(closing))) {
            itself.complete(predictor);
            predictor.predict(source(0));
            predictor.predict(source(1));
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
        assertEquals(2, thrown.size());
        assertTrue(thrown.getFirst().getMessage().startsWith("a predictor's listener cannot close it"));
    }

    @Test
    void optionsThatCannotBeAreRefusedByName() {
        for (Callable<?> made : List.<Callable<?>>of(() -> PredictorOptions.upTo(0), () -> PredictorOptions.only(-1),
                () -> PredictorOptions.upTo(8).queueing(7), () -> PredictorOptions.upTo(8).waiting(Duration.ofNanos(
                -1)), () -> PredictorOptions.upTo(8).waiting(Duration.ofDays(2)), () -> PredictorOptions.only(2 << 20),
                () -> new PredictorOptions(List.of(), Duration.ZERO, 1, new PredictorListener() { }))) {
            assertThrows(UserException.class, made::call);
        }
        assertEquals(List.of(1, 2, 4, 6), PredictorOptions.upTo(6).batches());
        assertEquals(List.of(1), PredictorOptions.upTo(1).batches());
        assertEquals(List.of(2, 5), new PredictorOptions(List.of(5, 2, 5), Duration.ZERO, 5, new PredictorListener() {
        }).batches());
    }
}
