package io.gimbal.train;

/** Training stopped because too many steps in a row had a loss or norm that is not finite; the message names the tasks. */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DivergedException(String message) {
        super(message);
    }
}
