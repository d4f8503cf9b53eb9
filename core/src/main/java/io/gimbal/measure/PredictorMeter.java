package io.gimbal.measure;

import io.gimbal.device.Device;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoSource;
import io.gimbal.predict.PredictionSource;
import io.gimbal.predict.Predictor;
import io.gimbal.predict.PredictorListener;
import io.gimbal.predict.PredictorOptions;
import io.gimbal.predict.RowSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Times predictions of single images, in the ways in which programs ask for them, in turn. The images are random and
 * normalised already: that photos are read and results drawn is not measured. For one thread; it owns three predictors.
 */
public final class PredictorMeter implements AutoCloseable {
    private static final int IMAGES = 32;
    /** Far longer than it takes to ask for the rest of a batch. */
    private static final Duration UNTIL_FULL = Duration.ofSeconds(5);

    private final int batch;
    private final int callers;
    private final List<PredictionSource<?>> images = new ArrayList<>();
    private final Map<Way, Predictor> predictors = new EnumMap<>(Way.class);
    private final Map<Way, Measured> measured = new EnumMap<>(Way.class);
    private final ExecutorService threads;

    /** How images come. */
    public enum Way {
        /** One after the other, from one thread. */
        ALONE("one by one"),
        /** From one thread that keeps the device in full batches. */
        FULL("full batches"),
        /** From many threads, each of which waits for its prediction before it asks again. */
        SHARED("threads");

        private final String text;

        Way(String text) {
            this.text = text;
        }

        /** {@return its name in words} */
        public String text() {
            return text;
        }
    }

    /** What a way came to, over its rounds. */
    public static final class Measured implements PredictorListener {
        private final List<Double> seconds = new ArrayList<>();
        private final List<Long> latencies = new ArrayList<>();
        private long batches;
        private long requests;

        private Measured() {}

        @Override
        public synchronized void request(Duration latency) {
            latencies.add(latency.toNanos());
        }

        @Override
        public synchronized void batch(int requestsInIt, int size, Duration waited, Duration ran) {
            batches++;
            requests += requestsInIt;
        }

        private synchronized void clear() {
            seconds.clear();
            latencies.clear();
            batches = 0;
            requests = 0;
        }

        private synchronized void round(double each) {
            seconds.add(each);
        }

        /** {@return how many seconds an image took, a figure a round} */
        public synchronized Distribution seconds() {
            return Distribution.of(seconds);
        }

        /** {@return how many images were predicted} */
        public synchronized long images() {
            return requests;
        }

        /** {@return how many images a batch had, on average} */
        public synchronized double meanBatch() {
            return (double) requests / batches;
        }

        /**
         * {@return the seconds from a request to its prediction that so many per cent do not exceed}
         *
         * @param percent from 0 to 100
         */
        public synchronized double latency(int percent) {
            long[] sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
            return sorted[(percent * sorted.length + 99) / 100 - 1] / 1e9;
        }
    }

    /**
     * Predicts made-up images, or rows, by a model.
     *
     * @param device  on which it predicts, which stays the caller's
     * @param model   whose images or rows are made up
     * @param batch   the largest batch
     * @param callers how many threads ask at once, where many do
     * @param waiting how long a request waits at most for others, where many threads ask
     */
    public PredictorMeter(Device device, Model model, int batch, int callers, Duration waiting) {
        this.batch = batch;
        this.callers = callers;
        Random random = new Random(1);
        for (int i = 0; i < IMAGES; i++) {
            float[] values = new float[model.height() * model.width() * model.channels()];
            for (int k = 0; k < values.length; k++) {
                values[k] = (float) random.nextGaussian();
            }
            images.add(model.takesRows() ? RowSource.normalised(values) : PhotoSource.normalised(values));
        }
        try {
            predictors.put(Way.ALONE, predictor(device, model, Way.ALONE, PredictorOptions.only(1)));
            predictors.put(Way.FULL, predictor(device, model, Way.FULL, PredictorOptions.only(batch)
                    .waiting(UNTIL_FULL)));
            predictors.put(Way.SHARED, predictor(device, model, Way.SHARED, PredictorOptions.upTo(batch)
                    .waiting(waiting)));
        } catch (RuntimeException | Error e) {
            predictors.values().forEach(Predictor::close);
            throw e;
        }
        threads = Executors.newFixedThreadPool(callers);
    }

    private Predictor predictor(Device device, Model model, Way way, PredictorOptions options) {
        measured.put(way, new Measured());
        return model.predictor(device, options.telling(measured.get(way)));
    }

    /**
     * Predicts for so long in each way, in turn, so many times; once more before that, which is not counted.
     *
     * @param rounds at least 1
     * @param each   how long each way takes in a round
     * @param done   is run after each way of each round
     * @return what each way came to
     * @throws InterruptedException if this thread is interrupted
     */
    public Map<Way, Measured> measure(int rounds, Duration each, Runnable done) throws InterruptedException {
        for (int round = -1; round < rounds; round++) {
            for (Way way : Way.values()) {
                measured.get(way).round(seconds(way, each));
                if (round < 0) {
                    measured.get(way).clear();
                }
                done.run();
            }
        }
        return Map.copyOf(measured);
    }

    /** Seconds an image. */
    private double seconds(Way way, Duration each) throws InterruptedException {
        long begin = System.nanoTime();
        long end = begin + each.toNanos();
        long count = switch (way) {
            case ALONE -> asked(way, end);
            case FULL -> submitted(end);
            case SHARED -> shared(end);
        };
        return (System.nanoTime() - begin) / 1e9 / count;
    }

    private long asked(Way way, long end) throws InterruptedException {
        long count = 0;
        do {
            predictors.get(way).predict(images.get((int) (count++ % IMAGES)));
        } while (System.nanoTime() < end);
        return count;
    }

    /** Two batches are under way; the last is full, too. */
    private long submitted(long end) throws InterruptedException {
        Deque<CompletableFuture<?>> underWay = new ArrayDeque<>();
        long count = 0;
        do {
            for (int i = 0; i < batch; i++) {
                underWay.add(predictors.get(Way.FULL).submit(images.get((int) (count++ % IMAGES))));
            }
            while (underWay.size() > batch) {
                underWay.remove().join();
            }
        } while (System.nanoTime() < end);
        underWay.forEach(CompletableFuture::join);
        return count;
    }

    private long shared(long end) throws InterruptedException {
        List<Future<Long>> asking = new ArrayList<>();
        for (int caller = 0; caller < callers; caller++) {
            asking.add(threads.submit(() -> asked(Way.SHARED, end)));
        }
        long count = 0;
        for (Future<Long> one : asking) {
            try {
                count += one.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
        return count;
    }

    @Override
    public void close() {
        threads.shutdownNow();
        predictors.values().forEach(Predictor::close);
    }
}
