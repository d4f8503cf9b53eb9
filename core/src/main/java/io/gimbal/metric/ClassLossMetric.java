package io.gimbal.metric;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** Softmax cross entropy. */
final class ClassLossMetric extends LossMetric {
    /** e^-40 is less than half a unit in the last place of 1 in double. */
    private static final double NEGLIGIBLE = -40;

    private final int classes;
    private final int ignore;
    private final long[] counts;

    ClassLossMetric(int classes, int ignore) {
        super(classes, 1, ignore);
        this.classes = classes;
        this.ignore = ignore;
        this.counts = new long[classes];
    }

    @Override
    boolean unlabelled(ByteBuffer target, int place) {
        return target.getInt(Integer.BYTES * place) == ignore;
    }

    @Override
    double place(FloatBuffer prediction, int from, ByteBuffer target, int label) {
        int truth = target.getInt(label);
        counts[truth]++;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < classes; i++) {
            most = Math.max(most, prediction.get(from + i));
        }
        double sum = 0;
        for (int i = 0; i < classes; i++) {
            double below = prediction.get(from + i) - most;
            // What is NaN goes into the sum.
            sum += below < NEGLIGIBLE ? 0 : Math.exp(below);
        }
        return Math.log(sum) + (most - prediction.get(from + truth));
    }

    @Override
    double constant(long labelled) {
        return Arrays.stream(counts).filter(count -> count > 0).mapToDouble(count -> -count * Math.log((double) count
                / labelled)).sum() / labelled;
    }

    @Override
    void forget() {
        Arrays.fill(counts, 0);
    }
}
