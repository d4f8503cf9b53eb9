package io.gimbal.kernels;

import java.util.function.IntPredicate;

/** A loss in double over [places][channels] predictions: its sum, and its derivative by each prediction. */
final class LossTwin {
    private static final double LEAST_LENGTH = 1e-6f;

    double sum;
    /** Labelled places, or their values for {@link #regression}. */
    int count;
    final double[] slopes;
    /** What the rounding errors of each slope go by: it may be a difference of larger terms. */
    final double[] sizes;

    /** The same loss of the small logits that were upsampled to these predictions. */
    LossTwin before(UpsampleTwin upsampling) {
        LossTwin twin = new LossTwin(upsampling.inputs());
        twin.sum = sum;
        twin.count = count;
        System.arraycopy(upsampling.backward(slopes), 0, twin.slopes, 0, twin.slopes.length);
        System.arraycopy(upsampling.backward(sizes), 0, twin.sizes, 0, twin.sizes.length);
        return twin;
    }

    private LossTwin(int predictions) {
        slopes = new double[predictions];
        sizes = new double[predictions];
    }

    static LossTwin crossEntropy(double[] logits, int[] target, int classes, int ignore) {
        LossTwin twin = new LossTwin(logits.length);
        for (int m = 0; m < target.length; m++) {
            if (target[m] == ignore) {
                continue;
            }
            twin.count++;
            int first = m * classes;
            double largest = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < classes; c++) {
                largest = Math.max(largest, logits[first + c]);
            }
            double sum = 0;
            for (int c = 0; c < classes; c++) {
                sum += Math.exp(logits[first + c] - largest);
            }
            twin.sum += Math.log(sum) + largest - logits[first + target[m]];
            for (int c = 0; c < classes; c++) {
                twin.slopes[first + c] = Math.exp(logits[first + c] - largest) / sum - (c == target[m] ? 1 : 0);
                twin.sizes[first + c] = 1;
            }
        }
        return twin;
    }

    /** A comparison of prediction x with target t, and its derivative by x. */
    interface Kind {
        double loss(double x, double t);

        double slope(double x, double t);
    }

    /** The kind with that number in {@code loss.cuh}. */
    static Kind kind(int number, double parameter) {
        return new Kind() {
            @Override
            public double loss(double x, double t) {
                double e = x - t;
                return switch (number) {
                    case 0 -> Math.abs(e);
                    case 1 -> e * e;
                    case 2 -> Math.abs(e) <= parameter ? e * e / 2 : parameter * (Math.abs(e) - parameter / 2);
                    default -> parameter * t * softplus(-x) + (1 - parameter) * (1 - t) * softplus(x);
                };
            }

            @Override
            public double slope(double x, double t) {
                double e = x - t;
                return switch (number) {
                    case 0 -> Math.signum(e);
                    case 1 -> 2 * e;
                    case 2 -> Math.clamp(e, -parameter, parameter);
                    default -> (1 - parameter) * (1 - t) / (1 + Math.exp(-x)) - parameter * t / (1 + Math.exp(x));
                };
            }
        };
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    static LossTwin regression(Kind kind, double[] prediction, float[] target, int channels, IntPredicate labelled) {
        LossTwin twin = new LossTwin(prediction.length);
        for (int i = 0; i < prediction.length; i++) {
            if (labelled.test(i / channels)) {
                twin.count++;
                twin.sum += kind.loss(prediction[i], target[i]);
                twin.slopes[i] = kind.slope(prediction[i], target[i]);
                twin.sizes[i] = Math.abs(twin.slopes[i]);
            }
        }
        return twin;
    }

    static LossTwin cosine(double[] prediction, float[] target, int channels, IntPredicate labelled) {
        LossTwin twin = new LossTwin(prediction.length);
        for (int first = 0; first < prediction.length; first += channels) {
            if (!labelled.test(first / channels)) {
                continue;
            }
            double square = 0;
            double dot = 0;
            for (int i = first; i < first + channels; i++) {
                square += prediction[i] * prediction[i];
                dot += prediction[i] * target[i];
            }
            double norm = Math.max(Math.sqrt(square), LEAST_LENGTH);
            boolean held = Math.sqrt(square) <= LEAST_LENGTH;
            twin.count++;
            twin.sum += 1 - dot / norm;
            for (int i = first; i < first + channels; i++) {
                twin.slopes[i] = ((held ? 0 : prediction[i] * dot / (norm * norm)) - target[i]) / norm;
                twin.sizes[i] = 1 / norm;
            }
        }
        return twin;
    }

    static LossTwin normalizedL1(double[] prediction, float[] target, int channels, IntPredicate labelled) {
        LossTwin twin = new LossTwin(prediction.length);
        for (int first = 0; first < prediction.length; first += channels) {
            if (!labelled.test(first / channels)) {
                continue;
            }
            double square = 0;
            for (int i = first; i < first + channels; i++) {
                square += prediction[i] * prediction[i];
            }
            double norm = Math.sqrt(square);
            double length = norm + 1e-12;
            double dot = 0;
            double parts = 0;
            twin.count += channels;
            for (int i = first; i < first + channels; i++) {
                double difference = prediction[i] / length - target[i];
                twin.sum += Math.abs(difference);
                dot += Math.signum(difference) * prediction[i] / length;
                parts += Math.abs(prediction[i]) / length;
            }
            for (int i = first; i < first + channels && norm > 0; i++) {
                double sign = Math.signum(prediction[i] / length - target[i]);
                twin.slopes[i] = (sign - dot * prediction[i] / norm) / length;
                twin.sizes[i] = (1 + parts) / length;
            }
        }
        return twin;
    }

    /** Whether a place has a label: not all its channels hold the marker. */
    static IntPredicate labels(float[] target, int channels, boolean marked, float ignore) {
        return place -> {
            boolean labelled = !marked;
            for (int c = 0; c < channels; c++) {
                labelled |= target[place * channels + c] != ignore;
            }
            return labelled;
        };
    }
}
