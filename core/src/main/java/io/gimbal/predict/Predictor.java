package io.gimbal.predict;

import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.storage.Uninterrupted;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Predicts images of any size, or rows of a table, one a request, for any number of threads at once. Requests that
 * come while a batch runs share the next one; if the device is idle, the first waits for others as long as {@link
 * PredictorOptions#longestWait} says, unless the largest batch is full before.
 *
 * <p>An image is read, and brought to what the network takes, in the thread that submits it; what is predicted is
 * copied in a virtual thread, while the next batch runs, and brought to the image's pixels in the thread that asks the
 * {@link PhotoPrediction} for it. One thread of the predictor's own does nothing but keep the device busy. At most
 * {@link PredictorOptions#queue} requests wait for it: then {@link #submit} and {@link #predict} wait, and {@link
 * #trySubmit} refuses.
 *
 * <p>What is wrong with one request, such as a damaged file, fails that one alone. Where the device fails, all that
 * were accepted fail, and later ones are refused, with a {@link PredictorFailedException}.
 *
 * <p>Owns the model's memory on the device, and a thread. {@link #close} finishes what was accepted. Closing the device
 * between two batches closes it, too: what was accepted fails with a {@link PredictorClosedException}; within a batch
 * it is refused, as with any call that is under way.
 */
public final class Predictor implements AutoCloseable {
    private static final long FOR_EVER = Long.MAX_VALUE;

    private final Model model;
    private final int batch;
    private final PredictorListener listener;
    private final Latencies latencies = new Latencies();
    private final BatchSteps steps;
    private final RequestQueue queue;
    private final ThreadConfinement end;
    private final Thread thread;

    Predictor(Device device, Model model, PredictorOptions options) {
        this.model = model;
        List<Integer> sizes = options.batches().stream().map(size -> Math.min(size, model.mostAtOnce())).distinct()
                .toList();
        batch = sizes.getLast();
        listener = options.listener();
        queue = new RequestQueue(options.queue(), batch, options.longestWait().toNanos());
        steps = new BatchSteps(device, model, sizes);
        try {
            end = new ThreadConfinement(device, "the predictor", () -> abandon(Predictor::deviceClosed));
        } catch (RuntimeException | Error e) {
            steps.close();
            throw e;
        }
        String name = model.file().map(file -> "predictor of " + file).orElse("predictor");
        thread = Thread.ofPlatform().daemon().name(name).start(this::work);
    }

    /** {@return the model that it predicts by} */
    public Model model() {
        return model;
    }

    /** {@return how many requests are predicted at once, at most} */
    public int batch() {
        return batch;
    }

    /**
     * Submits an image or a row: reads it, and waits for a place in the queue if there is none.
     *
     * @param <P>    what is predicted of it
     * @param source is read before this returns
     * @return completes with the prediction, or with what was wrong: a {@link UserException} where the source
     *         cannot be read, or is none that the model takes, which says why. Cancelled while it waits,
     *         the request is not computed, and its place is free. What is done when it completes is done in another
     *         thread than the device's
     * @throws InterruptedException     if the thread is interrupted while it waits for a place
     * @throws PredictorClosedException if the predictor is closed, be it while this waits
     * @throws PredictorFailedException if the device has failed, likewise
     */
    public <P> CompletableFuture<P> submit(PredictionSource<P> source) throws InterruptedException {
        Objects.requireNonNull(source, "source is null");
        long begun = System.nanoTime();
        queue.reserve(FOR_EVER);
        return submitted(source, begun);
    }

    /**
     * Submits an image or a row unless the queue is full: then nothing was read.
     *
     * @param <P>    what is predicted of it
     * @param source is read before this returns, if there is a place
     * @return empty where the queue is full; else as {@link #submit} gives it
     * @throws PredictorClosedException if the predictor is closed
     * @throws PredictorFailedException if the device has failed
     */
    public <P> Optional<CompletableFuture<P>> trySubmit(PredictionSource<P> source) {
        Objects.requireNonNull(source, "source is null");
        long begun = System.nanoTime();
        return queue.tryReserve() ? Optional.of(submitted(source, begun)) : Optional.empty();
    }

    private <P> CompletableFuture<P> submitted(PredictionSource<P> source, long begun) {
        Request<P> request = put(source, new Request<>(begun));
        request.future().whenComplete((_, _) -> queue.remove(request));
        return request.future();
    }

    /** Reads the source for a request that has a place, and lets it wait there. */
    private <P> Request<P> put(PredictionSource<P> source, Request<P> request) {
        try {
            request.read(source.read(model));
        } catch (RuntimeException | Error failure) {
            queue.release();
            request.future().completeExceptionally(failure);
            return request;
        }
        queue.put(request);
        return request;
    }

    /**
     * Predicts an image or a row, and waits for it.
     *
     * @param <P>    what is predicted of it
     * @param source is read by this thread
     * @return what is predicted, of a photo in its own pixels
     * @throws UserException            if it cannot be read, or is none that the model takes; says why
     * @throws InterruptedException     if the thread is interrupted; what is not being computed yet is given up
     * @throws PredictorClosedException if the predictor is closed before the request is accepted
     * @throws PredictorFailedException if the device fails or has failed
     */
    public <P> P predict(PredictionSource<P> source) throws InterruptedException {
        try {
            return predict(source, FOR_EVER);
        } catch (TimeoutException never) {
            throw new AssertionError(never);
        }
    }

    /**
     * Predicts a photo as {@link #predict(PredictionSource)} does.
     *
     * @param photo a file of any form that Gimbal reads
     * @return what is predicted, in the photo's own pixels
     * @throws InterruptedException if the thread is interrupted; what is not being computed yet is given up
     */
    public PhotoPrediction predict(Path photo) throws InterruptedException {
        return predict(PhotoSource.of(photo));
    }

    /**
     * The same, and waits no longer than that: for a place in the queue, and for the prediction. That the source is
     * read takes its time.
     *
     * @param <P>     what is predicted of it
     * @param source  is read by this thread
     * @param timeout how long to wait, from now on
     * @return what is predicted, of a photo in its own pixels
     * @throws TimeoutException     if it takes longer; what is not being computed yet is given up
     * @throws InterruptedException if the thread is interrupted; what is not being computed yet is given up
     */
    public <P> P predict(PredictionSource<P> source, Duration timeout) throws InterruptedException, TimeoutException {
        return predict(source, TimeUnit.NANOSECONDS.convert(timeout));
    }

    private <P> P predict(PredictionSource<P> source, long nanoseconds) throws InterruptedException, TimeoutException {
        Objects.requireNonNull(source, "source is null");
        long begun = System.nanoTime();
        if (!queue.reserve(nanoseconds)) {
            throw new TimeoutException("the predictor's queue was full for " + Duration.ofNanos(nanoseconds));
        }
        Request<P> request = put(source, new Request<>(begun));
        try {
            return request.future().get(nanoseconds - (System.nanoTime() - begun), TimeUnit.NANOSECONDS);
        } catch (InterruptedException | TimeoutException givenUp) {
            queue.remove(request);
            throw givenUp;
        } catch (ExecutionException e) {
            throw FailedRequest.cause(e);
        }
    }

    /** Says that for now nothing more comes, so that what waits need not wait for others. */
    void completeForNow() {
        queue.completeForNow();
    }

    /** {@return what was done so far, and what waits} */
    public PredictorStatistics statistics() {
        return latencies.statistics(queue.taken());
    }

    /** The work of the predictor's own thread. Where a batch fails, the queue is ended and empty. */
    private void work() {
        for (List<Request<?>> requests = queue.take(); !requests.isEmpty(); requests = queue.take()) {
            predict(requests);
        }
    }

    private void predict(List<Request<?>> requests) {
        long begun = System.nanoTime();
        BatchSteps.Predicted predicted;
        try {
            predicted = steps.run(requests.stream().<float[]>map(Request::values).toList());
        } catch (RuntimeException | Error failure) {
            fail(requests, failure);
            return;
        }
        long ran = System.nanoTime() - begun;
        latencies.addBatch();
        for (int i = 0; i < requests.size(); i++) {
            int number = i;
            // What somebody does with an answer, where it is complete, may take long.
            Thread.startVirtualThread(() -> complete(requests.get(number), predicted, number));
        }
        tell(() -> listener.batch(requests.size(), predicted.size(), Duration.ofNanos(begun
                - requests.getFirst().queued()), Duration.ofNanos(ran)));
    }

    private void complete(Request<?> request, BatchSteps.Predicted predicted, int number) {
        List<float[]> outputs;
        try {
            outputs = predicted.take(number);
        } catch (RuntimeException | Error failure) {
            // Java's heap has no room for this one, or the device was closed.
            request.future().completeExceptionally(end.closed() ? deviceClosed() : failure);
            return;
        }
        long latency = System.nanoTime() - request.begun();
        latencies.add(latency);
        tell(() -> listener.request(Duration.ofNanos(latency)));
        request.complete(outputs);
    }

    private static void tell(Runnable event) {
        try {
            event.run();
        } catch (RuntimeException | Error failure) {
            Thread current = Thread.currentThread();
            current.getUncaughtExceptionHandler().uncaughtException(current, failure);
        }
    }

    /** A device that was closed is no failure: its closing has said so before. */
    private void fail(List<Request<?>> requests, Throwable failure) {
        Supplier<RuntimeException> reason = end.closed() ? Predictor::deviceClosed
                : () -> new PredictorFailedException(failure);
        abandon(reason);
        fail(requests, reason);
    }

    private static PredictorClosedException deviceClosed() {
        return new PredictorClosedException("the predictor's device is closed, and the predictor with it");
    }

    private void abandon(Supplier<RuntimeException> reason) {
        fail(queue.abandon(reason), reason);
    }

    private static void fail(List<Request<?>> requests, Supplier<RuntimeException> reason) {
        requests.forEach(request -> Thread.startVirtualThread(() -> request.future().completeExceptionally(
                reason.get())));
    }

    /**
     * Refuses what comes from now on, callers that wait for a place among it; finishes what was accepted, and gives the
     * device's memory back. Returns when all that is done; does not heed an interrupt meanwhile, but keeps its mark.
     * Closing again does nothing.
     *
     * @throws IllegalStateException if a listener calls it, for whose end it would wait
     */
    @Override
    public void close() {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("a predictor's listener cannot close it: what is to be told is not done "
                    + "yet; let another thread close it");
        }
        queue.end(() -> new PredictorClosedException("the predictor is closed"));
        Uninterrupted.await(thread::join);
        end.close();
        steps.close();
    }
}
