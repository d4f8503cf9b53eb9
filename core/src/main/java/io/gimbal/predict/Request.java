package io.gimbal.predict;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What waits to be predicted, and what becomes of it. */
final class Request<P> {
    private final long begun;
    private final CompletableFuture<P> future = new CompletableFuture<>();
    private PredictionSource.Reading<P> reading;
    private long queued;
    private volatile boolean taken;

    /** @param begun when it was submitted */
    Request(long begun) {
        this.begun = begun;
    }

    /** Its source was read. */
    void read(PredictionSource.Reading<P> read) {
        reading = read;
    }

    /** What the network takes. */
    float[] values() {
        return reading.values();
    }

    /** Is done: by what the network gives, task by task. */
    void complete(List<float[]> outputs) {
        future.complete(reading.prediction().apply(outputs));
    }

    long begun() {
        return begun;
    }

    /** When it was put into the queue. */
    long queued() {
        return queued;
    }

    void queued(long now) {
        queued = now;
    }

    /** Whether it is out of the queue, to be predicted. */
    boolean taken() {
        return taken;
    }

    void take() {
        taken = true;
    }

    CompletableFuture<P> future() {
        return future;
    }
}
