package io.gimbal.kernels;

import java.util.Arrays;

/** Eigenvalues and, as columns, their vectors, by Jacobi's method, one rotation after the other. */
record Spectrum(double[] values, double[][] vectors) {
    static Spectrum of(int n, double[] matrix) {
        double[][] a = new double[n][];
        double[][] v = new double[n][n];
        for (int i = 0; i < n; i++) {
            a[i] = Arrays.copyOfRange(matrix, i * n, (i + 1) * n);
            v[i][i] = 1;
        }
        for (int sweep = 0; sweep < 30; sweep++) {
            for (int p = 0; p < n; p++) {
                for (int q = p + 1; q < n; q++) {
                    rotate(a, v, p, q);
                }
            }
        }
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            values[i] = a[i][i];
        }
        return new Spectrum(values, v);
    }

    private static void rotate(double[][] a, double[][] v, int p, int q) {
        if (Math.abs(a[p][q]) < 1e-300) {
            return;
        }
        double angle = 0.5 * Math.atan2(2 * a[p][q], a[p][p] - a[q][q]);
        double cosine = Math.cos(angle);
        double sine = Math.sin(angle);
        int n = a.length;
        for (int k = 0; k < n; k++) {
            double x = a[k][p];
            a[k][p] = cosine * x + sine * a[k][q];
            a[k][q] = cosine * a[k][q] - sine * x;
            double y = v[k][p];
            v[k][p] = cosine * y + sine * v[k][q];
            v[k][q] = cosine * v[k][q] - sine * y;
        }
        for (int k = 0; k < n; k++) {
            double x = a[p][k];
            a[p][k] = cosine * x + sine * a[q][k];
            a[q][k] = cosine * a[q][k] - sine * x;
        }
    }

    double largest() {
        return Arrays.stream(values).max().orElseThrow();
    }

    /** Whether no eigenvalue is about as large as that share of the largest. */
    boolean decided(double share) {
        return Arrays.stream(values).noneMatch(value -> value > 0.1 * share * largest()
                && value < 10 * share * largest());
    }

    double sum(int k) {
        double sum = 0;
        for (double[] row : vectors) {
            sum += row[k];
        }
        return sum;
    }
}
