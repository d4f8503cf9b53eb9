package io.gimbal.loss;

import io.gimbal.engine.Criterion;
import java.util.OptionalDouble;

/** The losses that tasks may have. Immutable. */
public sealed interface Loss extends Criterion permits CrossEntropy, Regression, Cosine, NormalizedL1,
        BalancedBinaryCrossEntropy {
    /**
     * Cross entropy over that many classes; no class number means "unlabelled" until {@link CrossEntropy#ignore}.
     *
     * @param classes how many channels the head leaves
     * @return the loss
     */
    static CrossEntropy crossEntropy(int classes) {
        return new CrossEntropy(classes, CrossEntropy.DEFAULT_IGNORE, true);
    }

    /**
     * Mean absolute difference.
     *
     * @return the loss
     */
    static Regression l1() {
        return new Regression(Regression.Kind.L1, 0, OptionalDouble.empty());
    }

    /**
     * Mean absolute difference between the prediction over its length and the (unit) target.
     *
     * @return the loss
     */
    static NormalizedL1 normalizedL1() {
        return new NormalizedL1(OptionalDouble.empty());
    }

    /**
     * Mean squared difference.
     *
     * @return the loss
     */
    static Regression l2() {
        return new Regression(Regression.Kind.L2, 0, OptionalDouble.empty());
    }

    /**
     * Squared (halved) up to {@code delta}, linear beyond.
     *
     * @param delta above 0
     * @return the loss
     */
    static Regression huber(double delta) {
        return new Regression(Regression.Kind.HUBER, delta, OptionalDouble.empty());
    }

    /**
     * Binary cross entropy on logits: {@code positiveWeight} on the positives, one minus it on the negatives.
     *
     * @param positiveWeight from 0 to 1
     * @return the loss
     */
    static Regression binaryCrossEntropy(double positiveWeight) {
        return new Regression(Regression.Kind.BINARY_CROSS_ENTROPY, positiveWeight, OptionalDouble.empty());
    }

    /**
     * The same with the share of negatives among the batch's labelled values for the weight of the positives.
     *
     * @return the loss
     */
    static BalancedBinaryCrossEntropy balancedBinaryCrossEntropy() {
        return new BalancedBinaryCrossEntropy(OptionalDouble.empty());
    }

    /**
     * One minus the cosine between prediction and (unit) target over the channels.
     *
     * @return the loss
     */
    static Cosine cosine() {
        return new Cosine(OptionalDouble.empty());
    }

    /** {@return whether predictions are logits of yes-or-no labels, so that what they say is their sigmoid} */
    default boolean ofLogits() {
        return false;
    }

    /** {@return whether of what is predicted at a place the direction counts alone, and not the length} */
    default boolean ofDirections() {
        return false;
    }

    /** {@return its name in configurations} */
    String name();

    @Override
    default double theoreticalInitialLoss() {
        return Double.NaN;
    }
}
