package io.gimbal.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Gram matrices of every kind that a training can bring, of gradients drawn at random and rounded to float. */
final class GramMatrices {
    /** How far a product may be off beside the lengths, where it is: what adding floats up does. */
    private static final double NOISE = 3e-7;

    private GramMatrices() {}

    /**
     * A Gram matrix.
     *
     * @param values n x n
     * @param noisy  whether its products are off by rounding, so that it may be slightly indefinite
     */
    record Matrix(String name, int n, double[] values, boolean noisy) {
        double at(int i, int j) {
            return values[i * n + j];
        }

        double length(int i) {
            return Math.sqrt(at(i, i));
        }

        double cosine(int i, int j) {
            double lengths = length(i) * length(j);
            return lengths > 0 ? at(i, j) / lengths : 0;
        }

        double[] times(double[] x) {
            double[] product = new double[n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    product[i] += at(i, j) * x[j];
                }
            }
            return product;
        }
    }

    /** Matrices of n gradients: each kind exact, and with noise. */
    static List<Matrix> of(int n, long seed) {
        Random random = new Random(1000L * n + seed);
        int width = 2 * n + 1;
        List<Matrix> matrices = new ArrayList<>();
        double[][] plain = normal(random, n, width);
        double[] one = normal(random, 1, width)[0];
        add(matrices, random, "independent", plain);
        add(matrices, random, "with a common part", plus(plain, one, 1));
        add(matrices, random, "in two camps", camps(plain, one));
        for (int rank : new int[] {1, 2, 1 + n / 2}) {
            add(matrices, random, "of rank " + rank, times(normal(random, n, rank), normal(random, rank, width)));
        }
        add(matrices, random, "some zero", zeroed(plain));
        add(matrices, random, "badly scaled", scaled(random, plain));
        add(matrices, random, "badly scaled with a common part", scaled(random, plus(plain, one, 2)));
        add(matrices, random, "badly scaled of rank 3",
                scaled(random, times(normal(random, n, 3), normal(random, 3, width))));
        add(matrices, random, "twice each", halved(plain, 1));
        add(matrices, random, "opposed by pairs", halved(plain, -1.5));
        add(matrices, random, "nearly parallel", plus(times(plain, 1e-4), one, 1));
        return matrices;
    }

    private static void add(List<Matrix> matrices, Random random, String name, double[][] gradients) {
        int n = gradients.length;
        double[] gram = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                for (int k = 0; k < gradients[0].length; k++) {
                    gram[i * n + j] += (double) (float) gradients[i][k] * (float) gradients[j][k];
                }
            }
        }
        double[] noisy = gram.clone();
        for (int i = 0; i < n; i++) {
            for (int j = i; j < n; j++) {
                double off = (2 * random.nextDouble() - 1) * NOISE * Math.sqrt(gram[i * n + i] * gram[j * n + j]);
                noisy[i * n + j] += off;
                noisy[j * n + i] = noisy[i * n + j];
            }
        }
        matrices.add(new Matrix(n + " gradients " + name, n, gram, false));
        matrices.add(new Matrix(n + " gradients " + name + ", with noise", n, noisy, true));
    }

    private static double[][] normal(Random random, int rows, int columns) {
        double[][] values = new double[rows][columns];
        for (double[] row : values) {
            for (int k = 0; k < columns; k++) {
                row[k] = random.nextGaussian();
            }
        }
        return values;
    }

    private static double[][] times(double[][] rows, double factor) {
        double[][] product = new double[rows.length][rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            for (int k = 0; k < product[i].length; k++) {
                product[i][k] = factor * rows[i][k];
            }
        }
        return product;
    }

    private static double[][] times(double[][] a, double[][] b) {
        double[][] product = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int k = 0; k < b[0].length; k++) {
                for (int l = 0; l < b.length; l++) {
                    product[i][k] += a[i][l] * b[l][k];
                }
            }
        }
        return product;
    }

    private static double[][] plus(double[][] rows, double[] one, double factor) {
        double[][] sum = times(rows, 1);
        for (double[] row : sum) {
            for (int k = 0; k < row.length; k++) {
                row[k] += factor * one[k];
            }
        }
        return sum;
    }

    /** Half of them with the common part, half of them against it. */
    private static double[][] camps(double[][] rows, double[] one) {
        double[][] sum = times(rows, 1);
        for (int i = 0; i < sum.length; i++) {
            for (int k = 0; k < one.length; k++) {
                sum[i][k] += i % 2 == 0 ? one[k] : -one[k];
            }
        }
        return sum;
    }

    private static double[][] zeroed(double[][] rows) {
        double[][] some = times(rows, 1);
        for (int i = 1; i < some.length; i += 3) {
            some[i] = new double[some[i].length];
        }
        return some;
    }

    /** Lengths from 1e-6 to 1e6 side by side. */
    private static double[][] scaled(Random random, double[][] rows) {
        double[][] scaled = times(rows, 1);
        for (int i = 0; i < rows.length; i++) {
            double factor = Math.pow(10, 12 * random.nextDouble() - 6);
            for (int k = 0; k < scaled[i].length; k++) {
                scaled[i][k] *= factor;
            }
        }
        return scaled;
    }

    /** The second half is the first half once more, times a factor. */
    private static double[][] halved(double[][] rows, double factor) {
        double[][] twice = times(rows, 1);
        int half = rows.length - rows.length / 2;
        for (int i = half; i < rows.length; i++) {
            for (int k = 0; k < twice[i].length; k++) {
                twice[i][k] = factor * rows[i - half][k];
            }
        }
        return twice;
    }
}
