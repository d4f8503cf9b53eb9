package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.engine.StateRow;
import java.util.List;

/**
 * How a rule moves a number that it keeps for each task: Adam (betas 0.9 and 0.999, eps 1e-8) or gradient descent, with
 * a rate of its own, apart from the network's optimiser.
 *
 * @param adam whether it is Adam
 * @param rate the learning rate, at least 0
 */
public record Mover(boolean adam, double rate) {
    /** Adam at 0.025, the GradNorm paper's. */
    public static final Mover DEFAULT = new Mover(true, 0.025);

    /** Checks each part. */
    public Mover {
        Range.NON_NEGATIVE.check("rate", rate);
    }

    /**
     * Adam at that rate.
     *
     * @param rate at least 0
     * @return the mover
     */
    public static Mover adam(double rate) {
        return new Mover(true, rate);
    }

    /**
     * Gradient descent at that rate.
     *
     * @param rate at least 0
     * @return the mover
     */
    public static Mover descent(double rate) {
        return new Mover(false, rate);
    }

    /** What it keeps; {@code Mover} in {@code kernels/weighting.cu} reads these rows in this order. */
    static List<StateRow> rows(int tasks) {
        return List.of(StateRow.filled("first moment", StateRow.Kind.FINITE, tasks, 0),
                StateRow.filled("second moment", StateRow.Kind.NOT_NEGATIVE, tasks, 0),
                StateRow.filled("updates", StateRow.Kind.COUNT, tasks, 0));
    }

    /** As kernels take it. */
    int flag() {
        return adam ? 1 : 0;
    }
}
