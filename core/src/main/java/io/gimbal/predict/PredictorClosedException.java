package io.gimbal.predict;

/** A request came to a {@link Predictor} that is closed, or whose device is. */
public final class PredictorClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    PredictorClosedException(String message) {
        super(message);
    }
}
