package io.gimbal.predict;

import java.time.Duration;

/**
 * Is told what a {@link Predictor} does, for a program's own metrics, by several threads at once. It must be short:
 * requests wait for it. What it throws goes to its thread's handler of uncaught exceptions, and predicting goes on.
 */
public interface PredictorListener {
    /**
     * A batch was predicted. The one thread that keeps the device busy says so.
     *
     * @param requests how many were in it
     * @param size     of the step that it ran in; what is above {@code requests} was computed for nothing
     * @param waited   how long the oldest of them had waited for the device
     * @param ran      how long the device took, with the copies to it and from it
     */
    default void batch(int requests, int size, Duration waited, Duration ran) { }

    /**
     * A request was predicted, and is about to be complete.
     *
     * @param latency from when it was submitted, before its image was read, until its prediction is there
     */
    default void request(Duration latency) { }
}
