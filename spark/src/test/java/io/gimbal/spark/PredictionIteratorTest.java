package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.PredictorFailedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.Function2;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A partition's photos are predicted ahead, in order, and no further ahead than is allowed. */
class PredictionIteratorTest {
    private static final int BATCH = 2;
    private static final int AHEAD = 3 * BATCH;

    private static ModelSource source;

    private final AtomicInteger pulled = new AtomicInteger();

    @BeforeAll
    static void train() throws IOException, InterruptedException {
        Path run = TrainedModels.rooms();
        source = ModelSource.of(run, Model.load(run)).on(DeviceKind.SOFT).batches(BATCH, false);
    }

    @AfterEach
    void nothingIsLeftUnderWay() {
        SharedPredictor.closeAllUnused();
        assertEquals(0, Predictors.open(), "some use has not ended");
    }

    /** Photos whose widths are 1, 2, 3 and so on, counted as they are taken. */
    private Iterator<Integer> widths(int count) {
        return IntStream.rangeClosed(1, count).peek(_ -> pulled.incrementAndGet()).iterator();
    }

    private static Asked<Integer, PhotoPrediction> photo(int width) {
        return new Photo<>(width, Photos.png(3, width, width)).asked();
    }

    private static String words(int key, PhotoPrediction prediction) {
        return key + " is " + prediction.width() + " wide";
    }

    private static PredictionIterator<Integer, Integer, PhotoPrediction, String> predict(ModelSource by,
            Iterator<Integer> widths) {
        return new PredictionIterator<>(by, widths, PredictionIteratorTest::photo, PredictionIteratorTest::words,
                (key, error) -> key + ": " + error);
    }

    /** A photo of it waits until its batch is full. */
    private static ModelSource waitsForOthers() {
        return source.batches(64, true).waiting(Duration.ofHours(1));
    }

    private static OpenPredictor opened(ModelSource by) {
        try (SharedPredictor.Use use = SharedPredictor.of(by).use()) {
            return use.predictor();
        }
    }

    @Test
    void resultsComeInThePhotosOrder() {
        List<String> words = new ArrayList<>();
        predict(source, widths(50)).forEachRemaining(words::add);
        assertEquals(IntStream.rangeClosed(1, 50).mapToObj(width -> width + " is " + width + " wide").toList(), words);
    }

    @Test
    void nothingIsDoneBeforeItIsAskedFor() {
        PredictionIterator<Integer, Integer, PhotoPrediction, String> predictions = predict(source, widths(50));
        assertEquals(0, pulled.get());
        assertEquals(0, Predictors.open());
        assertTrue(predictions.hasNext());
        predictions.forEachRemaining(_ -> { });
    }

    @Test
    void photosAreReadSomeBatchesAheadAndNoFurther() {
        PredictionIterator<Integer, Integer, PhotoPrediction, String> predictions = predict(source, widths(50));
        assertTrue(predictions.hasNext());
        assertEquals(1 + AHEAD, pulled.get(), "the first needs no permit");
        for (int taken = 1; taken <= 50; taken++) {
            predictions.next();
            predictions.hasNext();
            assertEquals(Math.min(50, taken + AHEAD), pulled.get());
        }
        assertFalse(predictions.hasNext());
    }

    /** Batches of 8 alone, and nobody gives up waiting for a full one: were one not full, this would not end. */
    @Test
    @Timeout(60)
    void oneTaskFillsTheBatches() {
        ModelSource fillsUp = source.batches(8, true).waiting(Duration.ofHours(1));
        try (SharedPredictor.Use use = SharedPredictor.of(fillsUp).use()) {
            predict(fillsUp, widths(64)).forEachRemaining(_ -> { });
            assertEquals(8, use.predictor().predictor().statistics().meanBatch());
        }
    }

    @Test
    void aPartitionOfOnePhotoHasOneResult() {
        PredictionIterator<Integer, Integer, PhotoPrediction, String> predictions = predict(source, widths(1));
        assertEquals("1 is 1 wide", predictions.next());
        assertFalse(predictions.hasNext());
        assertThrows(NoSuchElementException.class, predictions::next);
    }

    @Test
    void anEmptyPartitionOpensNoPredictor() {
        PredictionIterator<Integer, Integer, PhotoPrediction, String> predictions = predict(source, widths(0));
        assertFalse(predictions.hasNext());
        assertEquals(0, Predictors.open());
    }

    @Test
    void aPhotoThatCannotBeReadHasItsResultInItsPlace() {
        List<byte[]> photos = new ArrayList<>(List.of(Photos.png(2, 2, 1), new byte[] {1, 2, 3}, new byte[0],
                Photos.png(2, 2, 2)));
        photos.add(2, null);
        List<String> words = new ArrayList<>();
        new PredictionIterator<>(source, photos.iterator(), bytes -> new Photo<>(photos.indexOf(bytes), bytes).asked(),
                PredictionIteratorTest::words, (key, error) -> key + ": " + error).forEachRemaining(words::add);
        assertEquals("0 is 2 wide", words.get(0));
        assertTrue(words.get(1).startsWith("1: the image: neither a picture"), words.get(1));
        assertEquals("2: there is no photo: its bytes are null.", words.get(2));
        assertTrue(words.get(3).startsWith("3: the image: "), words.get(3));
        assertEquals("4 is 2 wide", words.get(4));
    }

    @Test
    void whatTheCallersFunctionsThrowEndsIt() {
        Function2<Integer, PhotoPrediction, String> fails = (key, prediction) -> {
            throw new IOException("no room for " + key);
        };
        PredictionIterator<Integer, Integer, PhotoPrediction, String> predictions = new PredictionIterator<>(source,
                widths(50), PredictionIteratorTest::photo, fails, (key, error) -> error);
        IllegalStateException failure = assertThrows(IllegalStateException.class, predictions::next);
        assertTrue(failure.getMessage().contains("no room for 1"), failure.getMessage());
        assertFalse(predictions.hasNext());
        assertEquals(AHEAD, opened(source).ahead().availablePermits());
    }

    /** One that is read no further holds all permits; another goes on by the photo that needs none. */
    @Test
    void iteratorsOfOneThreadDoNotWaitForEachOther() {
        PredictionIterator<Integer, Integer, PhotoPrediction, String> halted = predict(source, widths(50));
        assertTrue(halted.hasNext());
        List<String> words = new ArrayList<>();
        predict(source, widths(5)).forEachRemaining(words::add);
        assertEquals(5, words.size());
        halted.forEachRemaining(words::add);
        assertEquals(55, words.size());
    }

    @Test
    void anInterruptGivesUpWhatIsUnderWay() throws Exception {
        ModelSource waits = waitsForOthers();
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        CompletableFuture<Boolean> marked = new CompletableFuture<>();
        PredictionIterator<Integer, Integer, PhotoPrediction, String> predictions = predict(waits, widths(5));
        Thread task = Thread.ofPlatform().start(() -> {
            try {
                predictions.next();
            } catch (Throwable failure) {
                marked.complete(Thread.currentThread().isInterrupted());
                thrown.complete(failure);
            }
        });
        while (task.getState() != Thread.State.WAITING || pulled.get() < 5) {
            Thread.sleep(1);
        }
        assertEquals(5, opened(waits).predictor().statistics().waiting());
        task.interrupt();
        assertInstanceOf(InterruptedException.class, thrown.get().getCause());
        assertTrue(marked.get(), "the thread stays marked");
        assertEquals(0, opened(waits).predictor().statistics().waiting());
        assertEquals(0, opened(waits).predictor().statistics().predicted());
        assertEquals(3 * 64, opened(waits).ahead().availablePermits());
    }

    @Test
    void aDeviceThatFailedIsOpenedAnew() {
        OpenPredictor first = opened(source);
        PredictionIterator<Integer, Integer, PhotoPrediction, String> predictions = predict(source, widths(50));
        predictions.next();
        first.device().softDevice().orElseThrow().stickyError(719);
        try {
            PredictorFailedException failure = assertThrows(PredictorFailedException.class, () ->
                    predictions.forEachRemaining(_ -> { }));
            assertTrue(failure.getMessage().contains("CUDA_ERROR_LAUNCH_FAILED"), failure.getMessage());
        } finally {
            first.device().softDevice().orElseThrow().stickyError(0);
        }
        assertNotSame(first, opened(source));
        predict(source, widths(1)).forEachRemaining(words -> assertEquals("1 is 1 wide", words));
    }

    @Test
    void aModelThatCannotBeOpenedIsNoPhotosFault() {
        ModelSource gone = new ModelSource("/nowhere", false, source.digest(), DeviceKind.SOFT, 1, false,
                Duration.ZERO);
        IllegalStateException failure = assertThrows(IllegalStateException.class, () -> predict(gone, widths(1))
                .next());
        assertTrue(failure.getMessage().contains("/nowhere"), failure.getMessage());
        assertTrue(failure.getMessage().contains("ship it, by shippedAs"), failure.getMessage());
    }
}
