package io.gimbal.kernels;

/**
 * Attention in double, as its definition has it, and how far a kernel's floats may be from it. A weight errs relatively
 * by what its score errs absolutely: by a rounding unit of the sum of its products' magnitudes for each product, and
 * those of the exponential; the sums over places by one for each place more.
 */
record AttentionTwin(int images, int height, int width, int keyChannels, int valueChannels, int heads, int window,
        double scale) {
    int places() {
        return height * width;
    }

    int keys() {
        return images * places() * keyChannels;
    }

    int values() {
        return images * places() * valueChannels;
    }

    int rows() {
        return images * heads * places();
    }

    /** Results, and for each how many rounding units it may be away. */
    static final class Sums {
        final double[] value;
        final double[] allowed;

        Sums(int count) {
            value = new double[count];
            allowed = new double[count];
        }

        private void add(int i, double weight, double factor, double allowedWeight) {
            value[i] += weight * factor;
            allowed[i] += allowedWeight * Math.abs(factor);
        }
    }

    /** What one call leaves. */
    record Forward(Sums out, Sums logsumexp) {}

    record Backward(Sums dq, Sums dk, Sums dv) {}

    boolean sees(int p, int r) {
        return window == 0 || Math.abs(p / width - r / width) <= window / 2
                && Math.abs(p % width - r % width) <= window / 2;
    }

    private interface Row {
        /** @param weights of all places, those not looked at 0; {@code units} that each may err by, relatively */
        void at(int image, int head, int p, double[] weights, double units, double logsumexp);
    }

    private int key(int image, int head, int place, int channel) {
        return (image * places() + place) * keyChannels + head * (keyChannels / heads) + channel;
    }

    private int value(int image, int head, int place, int channel) {
        return (image * places() + place) * valueChannels + head * (valueChannels / heads) + channel;
    }

    private void each(float[] q, float[] k, Row body) {
        int channels = keyChannels / heads;
        for (int row = 0; row < rows(); row++) {
            int p = row % places();
            int head = row / places() % heads;
            int image = row / places() / heads;
            double[] weights = new double[places()];
            double most = Double.NEGATIVE_INFINITY;
            double magnitude = 0;
            for (int r = 0; r < places(); r++) {
                weights[r] = Double.NEGATIVE_INFINITY;
                if (sees(p, r)) {
                    double score = 0;
                    double size = 0;
                    for (int c = 0; c < channels; c++) {
                        double product = (double) q[key(image, head, p, c)] * k[key(image, head, r, c)];
                        score += product;
                        size += Math.abs(product);
                    }
                    weights[r] = scale * score;
                    most = Math.max(most, weights[r]);
                    magnitude = Math.max(magnitude, scale * size);
                }
            }
            double total = 0;
            for (int r = 0; r < places(); r++) {
                weights[r] = Math.exp(weights[r] - most);
                total += weights[r];
            }
            for (int r = 0; r < places(); r++) {
                weights[r] /= total;
            }
            // a score's error, twice: its own, and that of the sum it is divided by
            body.at(image, head, p, weights, 2 * (channels + 4) * magnitude + places() + 16, most + Math.log(total));
        }
    }

    Forward forward(float[] q, float[] k, float[] v) {
        Sums out = new Sums(values());
        Sums logs = new Sums(rows());
        each(q, k, (image, head, p, weights, units, logsumexp) -> {
            int row = (image * heads + head) * places() + p;
            logs.value[row] = logsumexp;
            logs.allowed[row] = units + 4 * Math.abs(logsumexp);
            for (int r = 0; r < places(); r++) {
                for (int c = 0; c < valueChannels / heads; c++) {
                    out.add(value(image, head, p, c), weights[r], v[value(image, head, r, c)], weights[r] * units);
                }
            }
        });
        return new Forward(out, logs);
    }

    /** @param outUnits by which an output's storing may err relatively */
    Backward backward(float[] q, float[] k, float[] v, float[] dout, double outUnits) {
        double[] out = forward(q, k, v).out().value;
        Sums dq = new Sums(keys());
        Sums dk = new Sums(keys());
        Sums dv = new Sums(values());
        int channels = valueChannels / heads;
        each(q, k, (image, head, p, weights, units, logsumexp) -> {
            double dot = 0;
            double dotSize = 0;
            for (int c = 0; c < channels; c++) {
                int i = value(image, head, p, c);
                dot += dout[i] * out[i];
                dotSize += Math.abs(dout[i] * out[i]);
            }
            for (int r = 0; r < places(); r++) {
                double product = 0;
                double size = dotSize;
                for (int c = 0; c < channels; c++) {
                    double term = (double) dout[value(image, head, p, c)] * v[value(image, head, r, c)];
                    product += term;
                    size += Math.abs(term);
                    dv.add(value(image, head, r, c), weights[r], dout[value(image, head, p, c)], weights[r] * units);
                }
                double slope = scale * weights[r] * (product - dot);
                double allowed = scale * weights[r] * size * (units + channels + outUnits);
                for (int c = 0; c < keyChannels / heads; c++) {
                    dq.add(key(image, head, p, c), slope, k[key(image, head, r, c)], allowed);
                    dk.add(key(image, head, r, c), slope, q[key(image, head, p, c)], allowed);
                }
            }
        });
        return new Backward(dq, dk, dv);
    }
}
