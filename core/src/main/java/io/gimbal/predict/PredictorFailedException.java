package io.gimbal.predict;

/**
 * A {@link Predictor}'s device failed, or what runs on it, which the cause and the message tell. The requests that were
 * accepted then have this, and so has every later one.
 */
public final class PredictorFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PredictorFailedException(Throwable cause) {
        super("the predictor's device failed, and predicts no more: " + cause.getMessage()
                + "; close the predictor, and where the device is lost open that anew, too", cause);
    }
}
