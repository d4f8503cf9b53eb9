package io.gimbal.metric;

import io.gimbal.loss.Regression;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.stream.Stream;

/** L1, L2 and Huber losses of values. */
final class ValueLossMetric extends PlaceLossMetric {
    private static final int HALVINGS = 60;

    private final int channels;
    private final Regression.Kind kind;
    private final double delta;
    private final FloatHistogram[] histograms;

    ValueLossMetric(int channels, float ignore, Regression loss) {
        super(channels, ignore);
        this.channels = channels;
        this.kind = loss.kind();
        this.delta = loss.parameter();
        this.histograms = Stream.generate(FloatHistogram::new).limit(channels).toArray(FloatHistogram[]::new);
    }

    @Override
    double place(FloatBuffer prediction, int from, ByteBuffer target, int label) {
        double sum = 0;
        for (int c = 0; c < channels; c++) {
            float truth = target.getFloat(label + Float.BYTES * c);
            sum += loss((double) prediction.get(from + c) - truth);
            if (Float.isFinite(truth)) {
                histograms[c].add(truth, 1);
            }
        }
        return sum / channels;
    }

    private double loss(double error) {
        double size = Math.abs(error);
        return switch (kind) {
            case L1 -> size;
            case L2 -> error * error;
            default -> size <= delta ? error * error / 2 : delta * (size - delta / 2);
        };
    }

    @Override
    double constant(long labelled) {
        double sum = 0;
        for (FloatHistogram histogram : histograms) {
            double best = best(histogram);
            sum += histogram.sum(value -> loss(best - value));
        }
        return sum / labelled / channels;
    }

    private double best(FloatHistogram histogram) {
        return switch (kind) {
            case L1 -> histogram.median();
            case L2 -> histogram.sum(value -> value) / histogram.sum(_ -> 1);
            default -> balance(histogram);
        };
    }

    /** Where the Huber loss's derivative, which grows with the constant, passes 0. */
    private double balance(FloatHistogram histogram) {
        double[] ends = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        histogram.sum(value -> {
            ends[0] = Math.min(ends[0], value);
            ends[1] = Math.max(ends[1], value);
            return 0;
        });
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (ends[0] + ends[1]) / 2;
            double slope = histogram.sum(value -> Math.clamp(middle - value, -delta, delta));
            ends[slope < 0 ? 0 : 1] = middle;
        }
        return ends[0];
    }

    @Override
    void forget() {
        for (FloatHistogram histogram : histograms) {
            histogram.reset();
        }
    }
}
