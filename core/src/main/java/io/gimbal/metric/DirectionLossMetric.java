package io.gimbal.metric;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.stream.Stream;

/** Losses of directions, against targets of length 1. */
final class DirectionLossMetric extends PlaceLossMetric {
    /** Which loss. */
    enum Kind {
        /** 1 - cos, of a vector shorter than 1e-6 as if it were so long. */
        COSINE(1e-6),
        /** The mean over the channels of |p / |p| - t|. */
        L1(1e-12);

        private final double least;

        Kind(double least) {
            this.least = least;
        }
    }

    private final int channels;
    private final Kind kind;
    private final double[] labels;
    private final FloatHistogram[] histograms;

    DirectionLossMetric(int channels, float ignore, Kind kind) {
        super(channels, ignore);
        this.channels = channels;
        this.kind = kind;
        this.labels = new double[channels];
        this.histograms = Stream.generate(FloatHistogram::new).limit(channels).toArray(FloatHistogram[]::new);
    }

    @Override
    double place(FloatBuffer prediction, int from, ByteBuffer target, int label) {
        double squares = 0;
        for (int c = 0; c < channels; c++) {
            double value = prediction.get(from + c);
            squares += value * value;
        }
        double length = Math.max(Math.sqrt(squares), kind.least);
        double sum = 0;
        for (int c = 0; c < channels; c++) {
            float truth = target.getFloat(label + Float.BYTES * c);
            double unit = prediction.get(from + c) / length;
            labels[c] += truth;
            sum += kind == Kind.COSINE ? unit * truth : Math.abs(unit - truth);
            if (kind == Kind.L1 && Float.isFinite(truth)) {
                histograms[c].add(truth, 1);
            }
        }
        return kind == Kind.COSINE ? 1 - sum : sum / channels;
    }

    @Override
    double constant(long labelled) {
        double squares = 0;
        for (double value : labels) {
            squares += value * value;
        }
        double length = Math.sqrt(squares);
        if (kind == Kind.COSINE) {
            return 1 - length / labelled;
        }
        double sum = 0;
        for (int c = 0; c < channels; c++) {
            double best = length == 0 ? 0 : labels[c] / length;
            sum += histograms[c].absoluteDeviations(best);
        }
        return sum / labelled / channels;
    }

    @Override
    void forget() {
        Arrays.fill(labels, 0);
        for (FloatHistogram histogram : histograms) {
            histogram.reset();
        }
    }
}
