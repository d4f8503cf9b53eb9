package io.gimbal.loss;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.engine.Prediction;
import io.gimbal.graph.Shape;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Losses that compare value by value: mean over all channels of labelled places. A place is unlabelled where every
 * channel of the target has the marker.
 *
 * @param kind      what is compared, and how
 * @param parameter huber's delta, above 0; binary cross entropy's weight of the positives, from 0 to 1; otherwise 0
 * @param ignore    the marker, a finite number
 */
public record Regression(Kind kind, double parameter, OptionalDouble ignore) implements Loss {
    /** Checks each part. */
    public Regression {
        Objects.requireNonNull(kind, "kind is null");
        LossLaunch.checkMarker(ignore);
        switch (kind) {
            case HUBER -> Range.POSITIVE.check("delta", parameter);
            case BINARY_CROSS_ENTROPY -> Range.FRACTION.check("positiveWeight", parameter);
            default -> {
                if (parameter != 0) {
                    throw new UserException("parameter is " + parameter + ", but " + kind.text + " does not read it; "
                            + "it must be 0.");
                }
            }
        }
    }

    /** The comparison, with its number in {@code loss.cuh}. */
    public enum Kind {
        /** The mean absolute difference. */
        L1("l1", 0),
        /** The mean squared difference. */
        L2("l2", 1),
        /** Half the square up to delta, linear beyond. */
        HUBER("huber", 2),
        /** Of logits, with a weight of the positives. */
        BINARY_CROSS_ENTROPY("binary_cross_entropy", 3);

        private final String text;
        private final int number;

        Kind(String text, int number) {
            this.text = text;
            this.number = number;
        }
    }

    /**
     * The same, with that value as "no label here".
     *
     * @param marker a finite number
     * @return another loss; this one stays
     */
    public Regression ignore(double marker) {
        return new Regression(kind, parameter, OptionalDouble.of(marker));
    }

    @Override
    public String name() {
        return kind.text;
    }

    @Override
    public boolean ofLogits() {
        return kind == Kind.BINARY_CROSS_ENTROPY;
    }

    @Override
    public TargetLayout target(Shape prediction) {
        return new TargetLayout(0, prediction.channels(), ignore);
    }

    @Override
    public void count(ProgramBuilder program, Shape prediction, Region target, Region count) {
        LossLaunch.countLabels(program, prediction, target, ignore, prediction.channels(), count);
    }

    @Override
    public void evaluate(ProgramBuilder program, Prediction prediction, Region target, Region weight, Region count,
            Region loss) {
        LossLaunch.evaluate(program, "regression", prediction, target, weight, count, loss, LossLaunch.marker(ignore),
                LossLaunch.present(ignore), kind.number, (float) parameter);
    }

    @Override
    public boolean isRegression() {
        return kind != Kind.BINARY_CROSS_ENTROPY;
    }
}
