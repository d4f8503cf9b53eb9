package io.gimbal.spark;

import io.gimbal.config.UserException;
import io.gimbal.predict.PredictorClosedException;
import io.gimbal.predict.PredictorFailedException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Predicts a partition's photos or rows in their order. Those behind the next one are read and predicted meanwhile, so
 * many that the batches fill. The predictor is opened with the first; what is under way when the task ends, however it
 * does, is given up.
 *
 * <p>Its methods are synchronised since a task may end while another thread of Spark's, such as one that feeds a Python
 * process, is inside.
 */
final class PredictionIterator<T, K, P, R> implements Iterator<R> {
    /** What is said of a photo that is null. */
    static final String NO_PHOTO = "there is no photo: its bytes are null.";

    /** @param ahead whether it has a permit of {@link OpenPredictor#ahead}; the first of a task needs none */
    private record UnderWay<K, P>(K key, CompletableFuture<P> prediction, boolean ahead) {}

    private interface Work<V> {
        V get() throws Exception;
    }

    private final ModelSource source;
    private final Iterator<T> inputs;
    private final MapFunction<T, Asked<K, P>> asked;
    private final Function2<K, P, R> predicted;
    private final Function2<K, String, R> failed;
    private final TaskContext task = TaskContext.get();
    private final Deque<UnderWay<K, P>> underWay = new ArrayDeque<>();
    private SharedPredictor.Use use;
    private boolean exhausted;

    PredictionIterator(ModelSource source, Iterator<T> inputs, MapFunction<T, Asked<K, P>> asked,
            Function2<K, P, R> predicted, Function2<K, String, R> failed) {
        this.source = source;
        this.inputs = inputs;
        this.asked = asked;
        this.predicted = predicted;
        this.failed = failed;
        if (task != null) {
            task.addTaskCompletionListener((TaskCompletionListener) _ -> end());
        }
    }

    @Override
    public synchronized boolean hasNext() {
        return orEnd(() -> {
            fill();
            if (underWay.isEmpty()) {
                end();
            }
            return !underWay.isEmpty();
        });
    }

    @Override
    public synchronized R next() {
        if (!hasNext()) {
            throw new NoSuchElementException("all of the partition was predicted");
        }
        return orEnd(this::first);
    }

    /** Does it; where it fails, all ends. */
    private <V> V orEnd(Work<V> work) {
        try {
            return work.get();
        } catch (PredictorFailedException | PredictorClosedException e) {
            if (use != null) {
                use.failed();
            }
            end();
            throw e;
        } catch (RuntimeException | Error e) {
            end();
            throw e;
        } catch (Exception e) {
            end();
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new IllegalStateException("predicting a partition ended: " + e, e);
        }
    }

    /** Submits what there is, while there is room. */
    private void fill() throws Exception {
        if (task != null && task.isInterrupted()) {
            throw new TaskKilledException("the task was killed while it predicted");
        }
        while (!exhausted) {
            boolean ahead = !underWay.isEmpty();
            if (ahead && !use.predictor().ahead().tryAcquire()) {
                break;
            }
            boolean submitted = false;
            try {
                submitted = submit(ahead);
            } finally {
                if (ahead && !submitted) {
                    use.predictor().ahead().release();
                }
            }
        }
    }

    private boolean submit(boolean ahead) throws Exception {
        if (!inputs.hasNext()) {
            exhausted = true;
            return false;
        }
        Asked<K, P> next = asked.call(inputs.next());
        if (use == null) {
            use = SharedPredictor.of(source).use();
        }
        underWay.add(new UnderWay<>(next.key(), next.source().isEmpty()
                ? CompletableFuture.failedFuture(new UserException(NO_PHOTO))
                : use.predictor().predictor().submit(next.source().get()), ahead));
        return true;
    }

    private R first() throws Exception {
        UnderWay<K, P> first = underWay.getFirst();
        R result = result(first);
        release(underWay.removeFirst());
        return result;
    }

    private R result(UnderWay<K, P> waited) throws Exception {
        P prediction;
        try {
            prediction = waited.prediction().get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case UserException unreadable -> {
                    return failed.call(waited.key(), unreadable.getMessage());
                }
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                default -> throw e;
            }
        }
        return predicted.call(waited.key(), prediction);
    }

    private void release(UnderWay<K, P> done) {
        if (done.ahead()) {
            use.predictor().ahead().release();
        }
    }

    /** Gives up what is under way, and the use of the predictor. */
    private synchronized void end() {
        exhausted = true;
        for (UnderWay<K, P> givenUp : underWay) {
            givenUp.prediction().cancel(false);
            release(givenUp);
        }
        underWay.clear();
        if (use != null) {
            use.close();
            use = null;
        }
    }
}
