package io.gimbal.predict;

import io.gimbal.config.UserException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Predicts any number of photos in bounded room: threads read them, the caller's thread has the device predict batches,
 * and threads finish them. As many photos are under way as the threads and three batches take, and a quarter of
 * Java's heap holds. For one thread.
 */
public final class PhotoStream {
    private final Predictor predictor;
    private final Work work;
    private final int threads = Runtime.getRuntime().availableProcessors();
    private final int most;
    private final Deque<Reading> readings = new ArrayDeque<>();
    private final Deque<Future<?>> finishing = new ArrayDeque<>();

    /** What is done with the photos. */
    public interface Work {
        /**
         * A photo is predicted: several threads call it, in any order.
         *
         * @throws RuntimeException which ends the stream
         */
        void predicted(PhotoList.Entry photo, PhotoPrediction prediction);

        /** A photo cannot be read, and is left out. On the caller's thread, in the photos' order. */
        void refused(PhotoList.Entry photo, UserException why);

        /** So many photos are done, refused ones among them. On the caller's thread. */
        void done(int photos);
    }

    private record Reading(PhotoList.Entry entry, Future<Photo> photo) {}

    private PhotoStream(Predictor predictor, Work work) {
        this.predictor = predictor;
        this.work = work;
        most = Math.min(3 * predictor.batch() + 2 * threads, predictor.mostAtOnce());
    }

    /**
     * Predicts them.
     *
     * @throws IllegalStateException if the thread is interrupted, as it stays marked, with an {@link
     *                               InterruptedException} as its cause: what was predicted is finished
     */
    public static void predict(Predictor predictor, List<PhotoList.Entry> photos, Work work) {
        new PhotoStream(predictor, work).run(photos);
    }

    private void run(List<PhotoList.Entry> photos) {
        ExecutorService pool = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("photos-", 0)
                .factory());
        try {
            Iterator<PhotoList.Entry> rest = photos.iterator();
            int done = 0;
            while (rest.hasNext() || !readings.isEmpty()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("between two batches");
                }
                readAhead(pool, rest);
                List<PhotoList.Entry> entries = new ArrayList<>();
                List<Photo> batch = new ArrayList<>();
                done += take(entries, batch);
                predict(pool, entries, batch);
                while (finishing.size() > Math.min(predictor.batch() + threads, most - predictor.batch())) {
                    result(finishing.removeFirst());
                    done++;
                }
                work.done(done);
            }
            while (!finishing.isEmpty()) {
                result(finishing.removeFirst());
                work.done(++done);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            end(pool);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while predicting", e);
    }

    private void readAhead(ExecutorService pool, Iterator<PhotoList.Entry> rest) {
        while (rest.hasNext() && readings.size() + finishing.size() < most) {
            PhotoList.Entry entry = rest.next();
            readings.add(new Reading(entry, pool.submit(() -> predictor.read(entry.file()))));
        }
    }

    /** Takes a batch of photos that could be read; returns how many could not. */
    private int take(List<PhotoList.Entry> entries, List<Photo> batch) throws InterruptedException {
        int refused = 0;
        while (batch.size() < predictor.batch() && !readings.isEmpty()) {
            Reading next = readings.removeFirst();
            try {
                batch.add(result(next.photo()));
                entries.add(next.entry());
            } catch (UserException unreadable) {
                work.refused(next.entry(), unreadable);
                refused++;
            }
        }
        return refused;
    }

    private void predict(ExecutorService pool, List<PhotoList.Entry> entries, List<Photo> batch) {
        if (batch.isEmpty()) {
            return;
        }
        List<PhotoPrediction> predictions = predictor.predict(batch);
        for (int i = 0; i < predictions.size(); i++) {
            PhotoList.Entry entry = entries.get(i);
            PhotoPrediction prediction = predictions.get(i);
            finishing.add(pool.submit(() -> work.predicted(entry, prediction)));
        }
    }

    private static <T> T result(Future<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    /** What is being read is given up, and what is being finished is finished. */
    private void end(ExecutorService pool) {
        readings.forEach(reading -> reading.photo().cancel(false));
        // Closing would break off the threads' files if this thread were still marked.
        boolean interrupted = Thread.interrupted();
        pool.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
