package io.gimbal.graph.operation;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import java.util.Locale;

/** The activations that {@code elementwise.cu} and {@code linear_units.cu} have. */
public enum ActivationKind {
    RELU,
    SIGMOID,
    TANH,
    /** x above 0, else slope x; 0.01 is usual. */
    LEAKY_RELU("slope", 0.01),
    /** x above 0, else alpha (e^x - 1) (arXiv 1511.07289); 1 is usual. */
    ELU("alpha", 1),
    /** x Phi(x), Phi the normal distribution (arXiv 1606.08415). */
    GELU,
    /** x sigmoid(x) (arXiv 1606.08415). */
    SILU,
    /** log(1 + e^x). */
    SOFTPLUS;

    private final String parameter;
    private final double usual;

    ActivationKind() {
        this(null, 0);
    }

    ActivationKind(String parameter, double usual) {
        this.parameter = parameter;
        this.usual = usual;
    }

    /** The kernel's number for it. */
    int number() {
        return ordinal();
    }

    /** Whether it is one of {@code linear_units.cu}, whose kernels take a parameter. */
    boolean isLinearUnit() {
        return compareTo(LEAKY_RELU) >= 0;
    }

    /**
     * Refuses a parameter that it may not have.
     *
     * @throws UserException if the value is not finite, or is not 0 and it has none
     */
    public void check(double value) {
        check("", value);
    }

    /** @param place what a refusal begins with */
    void check(String place, double value) {
        if (parameter != null) {
            Range.FINITE.check(place + parameter, value);
        } else if (value != 0) {
            throw new UserException(place + "a parameter of " + value + " is given for "
                    + name().toLowerCase(Locale.ROOT) + ", which has none.");
        }
    }

    /** What its parameter usually is; 0 where it has none. */
    public double usual() {
        return usual;
    }

    /** Whether its backward needs its input: its output does not tell the slope. */
    boolean needsInput(double value) {
        return switch (this) {
            case RELU, SIGMOID, TANH, SOFTPLUS -> false;
            case LEAKY_RELU, ELU -> value < 0;
            case GELU, SILU -> true;
        };
    }
}
