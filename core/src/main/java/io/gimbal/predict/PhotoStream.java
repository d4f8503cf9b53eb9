package io.gimbal.predict;

import io.gimbal.config.UserException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Predicts any number of photos in bounded room: threads read them, the predictor's own thread has the device predict
 * batches, and threads finish them. As many photos are under way as the threads and three batches take, and a quarter
 * of Java's heap holds. For one thread.
 */
public final class PhotoStream {
    private final Predictor predictor;
    private final Work work;
    private final int threads = Runtime.getRuntime().availableProcessors();
    private final int most;
    private final Deque<UnderWay> underWay = new ArrayDeque<>();
    private final AtomicInteger reading = new AtomicInteger();

    /** What is done with the photos. */
    public interface Work {
        /**
         * A photo is predicted: several threads call it, in any order.
         *
         * @param photo      which it is
         * @param prediction what the network says of it
         * @throws RuntimeException which ends the stream
         */
        void predicted(PhotoList.Entry photo, PhotoPrediction prediction);

        /**
         * A photo cannot be read, and is left out. On the caller's thread, in the photos' order.
         *
         * @param photo which it is
         * @param why   what is wrong with it, naming the file
         */
        void refused(PhotoList.Entry photo, UserException why);

        /**
         * So many photos are done, refused ones among them. On the caller's thread.
         *
         * @param photos so many of all that there are
         */
        void done(int photos);
    }

    /**
     * A photo.
     *
     * @param read      done when it is read, and submitted
     * @param predicted done when it is predicted
     * @param finished  done when the work is
     */
    private record UnderWay(PhotoList.Entry entry, CompletableFuture<CompletableFuture<PhotoPrediction>> read,
            CompletableFuture<PhotoPrediction> predicted, CompletableFuture<Void> finished) {
        /** What is not predicted yet is given up. */
        void giveUp() {
            if (!read.cancel(false) && !read.isCompletedExceptionally()) {
                read.join().cancel(false);
            }
        }
    }

    private PhotoStream(Predictor predictor, Work work) {
        this.predictor = predictor;
        this.work = work;
        most = Math.min(3 * predictor.batch() + 2 * threads, predictor.model().mostAtOnce());
    }

    /**
     * Predicts them.
     *
     * @param predictor predicts them, and stays open
     * @param photos    in the order in which they are read
     * @param work      is called with each of them
     * @throws IllegalStateException if the thread is interrupted, as it stays marked, with an
     *                               {@link InterruptedException} as its cause: what was predicted is finished
     */
    public static void predict(Predictor predictor, List<PhotoList.Entry> photos, Work work) {
        new PhotoStream(predictor, work).run(photos);
    }

    private void run(List<PhotoList.Entry> photos) {
        ExecutorService pool = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("photos-", 0)
                .factory());
        try {
            Iterator<PhotoList.Entry> rest = photos.iterator();
            for (int done = 1; rest.hasNext() || !underWay.isEmpty(); done++) {
                while (rest.hasNext() && underWay.size() < most) {
                    underWay.add(begin(pool, rest.next()));
                }
                if (Thread.interrupted()) {
                    throw new InterruptedException("between two photos");
                }
                finish(underWay.getFirst());
                underWay.removeFirst();
                work.done(done);
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

    private UnderWay begin(ExecutorService pool, PhotoList.Entry entry) {
        reading.incrementAndGet();
        CompletableFuture<CompletableFuture<PhotoPrediction>> read = CompletableFuture.supplyAsync(() ->
                submit(entry.file()), pool);
        CompletableFuture<PhotoPrediction> predicted = read.thenCompose(Function.identity());
        return new UnderWay(entry, read, predicted, predicted.thenAcceptAsync(prediction -> work.predicted(entry,
                prediction), pool));
    }

    private CompletableFuture<PhotoPrediction> submit(Path photo) {
        try {
            return predictor.submit(PhotoSource.of(photo).withPreview());
        } catch (InterruptedException e) {
            throw new IllegalStateException("a thread that reads photos was interrupted", e);
        } finally {
            // More comes when one of these is done: until then a batch that is not full would wait for nothing.
            if (reading.decrementAndGet() == 0) {
                predictor.completeForNow();
            }
        }
    }

    private void finish(UnderWay photo) throws InterruptedException {
        try {
            result(photo.predicted());
        } catch (UserException unreadable) {
            work.refused(photo.entry(), unreadable);
            return;
        }
        result(photo.finished());
    }

    private static <T> T result(Future<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw FailedRequest.cause(e);
        }
    }

    /** What is not predicted is given up, and what is being finished is finished. */
    private void end(ExecutorService pool) {
        underWay.forEach(UnderWay::giveUp);
        // Closing would break off the threads' files if this thread were still marked.
        boolean interrupted = Thread.interrupted();
        pool.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
