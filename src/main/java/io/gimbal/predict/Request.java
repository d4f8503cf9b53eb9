package io.gimbal.predict;

import java.util.concurrent.CompletableFuture;

/** An image that waits to be predicted, and what becomes of it. */
final class Request {
    private final long begun;
    private final boolean shared;
    private final CompletableFuture<PhotoPrediction> future = new CompletableFuture<>();
    private Photo photo;
    private float[] image;
    private long queued;
    private volatile boolean taken;

    /**
     * @param begun  when it was submitted
     * @param shared whether somebody may have the future do something when it is complete
     */
    Request(long begun, boolean shared) {
        this.begun = begun;
        this.shared = shared;
    }

    /** The image was read. */
    void read(PhotoSource.Image read) {
        photo = read.photo();
        image = read.values();
    }

    Photo photo() {
        return photo;
    }

    float[] image() {
        return image;
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

    CompletableFuture<PhotoPrediction> future() {
        return future;
    }

    /** What somebody does with the answer is done in a thread of its own: it may take long, and others wait. */
    void complete(PhotoPrediction prediction) {
        if (shared) {
            Thread.startVirtualThread(() -> future.complete(prediction));
        } else {
            future.complete(prediction);
        }
    }

    /** The same of a failure. */
    void fail(Throwable failure) {
        if (shared) {
            Thread.startVirtualThread(() -> future.completeExceptionally(failure));
        } else {
            future.completeExceptionally(failure);
        }
    }
}
