package io.gimbal.loss;

import io.gimbal.engine.Criterion;
import java.util.OptionalDouble;

/** The losses that tasks may have. Immutable. */
public sealed interface Loss extends Criterion permits CrossEntropy, Regression, Cosine, NormalizedL1,
        BalancedBinaryCrossEntropy {
    /** Cross entropy over that many classes; no class number means "unlabelled" until {@link CrossEntropy#ignore}. */
    static CrossEntropy crossEntropy(int classes) {
        return new CrossEntropy(classes, CrossEntropy.DEFAULT_IGNORE, true);
    }

    /** Mean absolute difference. */
    static Regression l1() {
        return new Regression(Regression.Kind.L1, 0, OptionalDouble.empty());
    }

    /** Mean absolute difference between the prediction over its length and the (unit) target. */
    static NormalizedL1 normalizedL1() {
        return new NormalizedL1(OptionalDouble.empty());
    }

    /** Mean squared difference. */
    static Regression l2() {
        return new Regression(Regression.Kind.L2, 0, OptionalDouble.empty());
    }

    /** Squared (halved) up to {@code delta}, linear beyond. */
    static Regression huber(double delta) {
        return new Regression(Regression.Kind.HUBER, delta, OptionalDouble.empty());
    }

    /** Binary cross entropy on logits: {@code positiveWeight} on the positives, one minus it on the negatives. */
    static Regression binaryCrossEntropy(double positiveWeight) {
        return new Regression(Regression.Kind.BINARY_CROSS_ENTROPY, positiveWeight, OptionalDouble.empty());
    }

    /** The same with the share of negatives among the batch's labelled values for the weight of the positives. */
    static BalancedBinaryCrossEntropy balancedBinaryCrossEntropy() {
        return new BalancedBinaryCrossEntropy(OptionalDouble.empty());
    }

    /** One minus the cosine between prediction and (unit) target over the channels. */
    static Cosine cosine() {
        return new Cosine(OptionalDouble.empty());
    }

    /** Whether predictions are logits of yes-or-no labels, so that what they say is their sigmoid. */
    default boolean ofLogits() {
        return false;
    }

    /** Whether of what is predicted at a place the direction counts alone, and not the length. */
    default boolean ofDirections() {
        return false;
    }

    /** Its name in configurations. */
    String name();

    @Override
    default double theoreticalInitialLoss() {
        return Double.NaN;
    }
}
