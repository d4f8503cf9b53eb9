package io.gimbal.kernels;

/** Adam or gradient descent on a number a task, as the reference's. */
final class MoverTwin {
    final double rate;
    final boolean adam;
    final double[] first;
    final double[] second;
    final double[] steps;

    MoverTwin(int tasks, double rate, boolean adam) {
        this.rate = rate;
        this.adam = adam;
        first = new double[tasks];
        second = new double[tasks];
        steps = new double[tasks];
    }

    double move(int t, double gradient) {
        if (!adam) {
            return rate * gradient;
        }
        steps[t]++;
        first[t] = 0.9 * first[t] + (1 - 0.9) * gradient;
        second[t] = 0.999 * second[t] + (1 - 0.999) * gradient * gradient;
        return rate * (first[t] / (1 - Math.pow(0.9, steps[t])))
                / (Math.sqrt(second[t] / (1 - Math.pow(0.999, steps[t]))) + 1e-8);
    }
}
