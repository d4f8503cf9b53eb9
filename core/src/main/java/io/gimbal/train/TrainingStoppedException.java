package io.gimbal.train;

/**
 * A training ended early because its thread was interrupted: the step under way is done, what the steps did is told,
 * and the thread stays marked as interrupted. Nothing is lost; the training may be gone on with.
 */
public final class TrainingStoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What {@link #steps} returns. */
    private final long steps;

    /**
     * Says that it was interrupted.
     *
     * @param message complete
     * @param steps   that are done
     */
    public TrainingStoppedException(String message, long steps) {
        super(message);
        this.steps = steps;
    }

    /** {@return how many steps are done} */
    public long steps() {
        return steps;
    }
}
