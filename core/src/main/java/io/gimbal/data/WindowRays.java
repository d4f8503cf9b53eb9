package io.gimbal.data;

/**
 * Of all windows of a number of neighbouring columns (or rows): sum, sum of squares and mean of their rays, variance
 * and its inverse, by the window's first column.
 */
final class WindowRays {
    final double[] sum;
    final double[] squares;
    final double[] mean;
    final double[] variance;
    final double[] perVariance;

    WindowRays(double[] rays, int window) {
        int count = rays.length - window + 1;
        sum = new double[count];
        squares = new double[count];
        mean = new double[count];
        variance = new double[count];
        perVariance = new double[count];
        double running = 0;
        double runningSquares = 0;
        for (int last = 0; last < rays.length; last++) {
            running += rays[last];
            runningSquares += rays[last] * rays[last];
            int first = last - window + 1;
            if (first > 0) {
                running -= rays[first - 1];
                runningSquares -= rays[first - 1] * rays[first - 1];
            }
            if (first >= 0) {
                set(first, window, running, runningSquares);
            }
        }
    }

    private void set(int first, int window, double running, double runningSquares) {
        sum[first] = running;
        squares[first] = runningSquares;
        mean[first] = running / window;
        variance[first] = runningSquares / window - mean[first] * mean[first];
        perVariance[first] = 1 / variance[first];
    }
}
