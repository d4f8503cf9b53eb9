package io.gimbal.metric;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Binary cross entropy of logits: the mean over all values of w y softplus(-p) + (1 - w)(1 - y) softplus(p). In the
 * balanced one w is the share of negatives, which are targets below 0.5, of the whole set's values where training has a
 * batch's.
 */
final class BinaryLossMetric extends PlaceLossMetric {
    private static final float POSITIVE = 0.5f;

    private final int channels;
    private final boolean balanced;
    private final double positiveWeight;
    private final double[] truths;
    private long positives;
    private double ofPositives;
    private double ofNegatives;

    /** With a weight of the positives. */
    BinaryLossMetric(int channels, float ignore, double positiveWeight) {
        this(channels, ignore, positiveWeight, false);
    }

    /** Balanced. */
    BinaryLossMetric(int channels, float ignore) {
        this(channels, ignore, Double.NaN, true);
    }

    private BinaryLossMetric(int channels, float ignore, double positiveWeight, boolean balanced) {
        super(channels, ignore);
        this.channels = channels;
        this.balanced = balanced;
        this.positiveWeight = positiveWeight;
        this.truths = new double[channels];
    }

    @Override
    double place(FloatBuffer prediction, int from, ByteBuffer target, int label) {
        for (int c = 0; c < channels; c++) {
            double logit = prediction.get(from + c);
            float truth = target.getFloat(label + Float.BYTES * c);
            truths[c] += truth;
            positives += truth >= POSITIVE ? 1 : 0;
            double tail = Math.log1p(Math.exp(-Math.abs(logit)));
            ofPositives += truth * (tail + Math.max(-logit, 0));
            ofNegatives += (1 - truth) * (tail + Math.max(logit, 0));
        }
        return 0;
    }

    private double weight(long labelled) {
        return balanced ? 1 - (double) positives / labelled / channels : positiveWeight;
    }

    @Override
    double value(double sumOfPlaces, long labelled) {
        double weight = weight(labelled);
        return (weight * ofPositives + (1 - weight) * ofNegatives) / labelled / channels;
    }

    @Override
    double constant(long labelled) {
        double weight = weight(labelled);
        double sum = 0;
        for (double truth : truths) {
            double yes = weight * truth;
            double no = (1 - weight) * (labelled - truth);
            sum += entropy(yes, yes + no) + entropy(no, yes + no);
        }
        return sum / labelled / channels;
    }

    private static double entropy(double part, double all) {
        return part == 0 ? 0 : -part * Math.log(part / all);
    }

    @Override
    void forget() {
        Arrays.fill(truths, 0);
        positives = 0;
        ofPositives = 0;
        ofNegatives = 0;
    }
}
