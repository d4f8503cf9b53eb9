package io.gimbal.metric;

import java.io.Serializable;

/**
 * One figure, beside the figure of the best constant prediction on the same labels. It can be sent to other processes.
 *
 * @param name           what is measured, such as "mIoU"
 * @param unit           "%", "m", "deg" or "" for a plain number
 * @param value          of the predictions; NaN if nothing was labelled
 * @param constant       of the one constant that does best in this figure, or nearly (each metric says which); it is
 *                       chosen from the very labels it is held against, so it is stronger than any constant learned in
 *                       training
 * @param higherIsBetter which way is up
 */
public record Score(String name, String unit, double value, double constant, boolean higherIsBetter)
        implements Serializable {

    /** {@return whether there was a label to hold predictions against} */
    public boolean labelled() {
        return !Double.isNaN(constant);
    }

    /** {@return whether the predictions beat the constant; false if either is NaN} */
    public boolean better() {
        return higherIsBetter ? value > constant : value < constant;
    }

    /** {@return the part of the constant's figure by which the predictions are better; negative if worse} */
    public double betterBy() {
        double gain = higherIsBetter ? value - constant : constant - value;
        return gain / constant;
    }
}
