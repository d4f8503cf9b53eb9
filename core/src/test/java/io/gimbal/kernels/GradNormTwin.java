package io.gimbal.kernels;

/** GradNorm's rule in double, as the reference has it: arXiv 1711.02257, algorithm 1, with absent tasks and a floor. */
final class GradNormTwin {
    final double[] weights;
    final double[] initial;
    private final MoverTwin mover;
    private final double alpha;
    private final double floor;
    private Options options = Options.NONE;

    /** What the paper's rule does not have. */
    record Options(double[] priority, double cap, boolean exponential, long warmUp, long every, long freezeAfter) {
        static final Options NONE = new Options(null, Double.POSITIVE_INFINITY, false, 0, 1, Long.MAX_VALUE);

        boolean due(long step) {
            return step >= warmUp && step < freezeAfter && (step - warmUp) % every == 0;
        }

        double priority(int task) {
            return priority == null ? 1 : priority[task];
        }
    }

    GradNormTwin with(Options more) {
        options = more;
        return this;
    }

    GradNormTwin(double[] weights, double[] initial, double alpha, double rate, double floor, boolean adam) {
        this.weights = weights.clone();
        this.initial = initial.clone();
        this.alpha = alpha;
        this.floor = floor;
        mover = new MoverTwin(weights.length, rate, adam);
    }

    /**
     * The step of that number.
     *
     * @param norms ||dL_i/dW|| of the losses without their weights
     */
    void step(long number, float[] losses, double[] norms, int[] counts) {
        int tasks = weights.length;
        int present = 0;
        double meanNorm = 0;
        double meanRatio = 0;
        double[] ratio = new double[tasks];
        for (int t = 0; t < tasks; t++) {
            if (counts[t] > 0) {
                present++;
                initial[t] = Double.isNaN(initial[t]) ? losses[t] : initial[t];
                ratio[t] = initial[t] == 0 ? 1 : losses[t] / initial[t];
                meanNorm += weights[t] * norms[t];
                meanRatio += ratio[t];
            }
        }
        if (present == 0 || !options.due(number)) {
            return;
        }
        meanNorm /= present;
        meanRatio /= present;
        for (int t = 0; t < tasks; t++) {
            if (counts[t] > 0) {
                double target = meanNorm * Math.pow(ratio[t] / meanRatio, alpha) * options.priority(t);
                moveWeight(t, Math.signum(weights[t] * norms[t] - target) * norms[t]);
            }
            weights[t] = Math.max(weights[t], options.exponential ? 1e-12 : floor);
        }
        rescale();
    }

    private void moveWeight(int t, double gradient) {
        if (options.exponential) {
            weights[t] *= Math.exp(-Math.clamp(mover.move(t, gradient * weights[t]), -30, 30));
        } else {
            weights[t] -= mover.move(t, gradient);
        }
    }

    /** To sum to the number of tasks; what is above the cap is cut, and the others share the rest, until none is. */
    private void rescale() {
        int tasks = weights.length;
        boolean[] capped = new boolean[tasks];
        for (boolean settled = false; !settled;) {
            settled = true;
            double rest = tasks;
            double sum = 0;
            for (int t = 0; t < tasks; t++) {
                rest -= capped[t] ? options.cap : 0;
                sum += capped[t] ? 0 : weights[t];
            }
            for (int t = 0; t < tasks; t++) {
                if (!capped[t] && weights[t] * rest / sum > options.cap) {
                    capped[t] = true;
                    settled = false;
                }
            }
            for (int t = 0; settled && t < tasks; t++) {
                weights[t] = capped[t] ? options.cap : weights[t] * rest / sum;
            }
        }
    }

    /** The kernel's state: weights, initial losses, and the optimiser's moments and steps. */
    double[] state() {
        int tasks = weights.length;
        double[] state = new double[5 * tasks];
        double[][] parts = {weights, initial, mover.first, mover.second, mover.steps};
        for (int k = 0; k < parts.length; k++) {
            System.arraycopy(parts[k], 0, state, k * tasks, tasks);
        }
        return state;
    }
}
