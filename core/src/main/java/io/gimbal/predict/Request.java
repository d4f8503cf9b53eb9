package io.gimbal.predict;

import java.util.concurrent.CompletableFuture;

/** An image that waits to be predicted, and what becomes of it. */
final class Request {
    private final long begun;
    private final CompletableFuture<PhotoPrediction> future = new CompletableFuture<>();
    private Photo photo;
    private float[] image;
    private long queued;
    private volatile boolean taken;

    /** @param begun when it was submitted */
    Request(long begun) {
        this.begun = begun;
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
}
