package io.gimbal.engine;

import java.nio.DoubleBuffer;

/**
 * How the tasks' gradients lay to each other in a step. They are those of the weighted losses, or, where the balancing
 * combines gradients, of the losses; a positive weight changes no direction. Immutable.
 *
 * @param cosines   of tasks i below j, by rows: (0, 1), (0, 2), ... (1, 2), ...; 0 beside a gradient of 0
 * @param condition the condition number of the matrix of cosines, over the gradients that are not 0: 1 where they are
 *                  orthogonal, infinite where they depend on each other, NaN where there is none or one is not finite
 */
public record Diagnosis(double[] cosines, double condition) {
    /** Doubles of one, as {@code kernels/record.cuh} has it. */
    static int words(int tasks) {
        return pairs(tasks) + 1;
    }

    private static int pairs(int tasks) {
        return tasks * (tasks - 1) / 2;
    }

    /** @param diagnoses the ring of them */
    static Diagnosis read(DoubleBuffer diagnoses, int slot, int tasks) {
        int at = slot * words(tasks);
        double[] cosines = new double[pairs(tasks)];
        diagnoses.get(at, cosines);
        return new Diagnosis(cosines, diagnoses.get(at + cosines.length));
    }

    /** {@return how many tasks there were} */
    public int tasks() {
        return (int) Math.round((1 + Math.sqrt(1 + 8.0 * cosines.length)) / 2);
    }

    /**
     * {@return the cosine of two different tasks' gradients, in either order}
     *
     * @param i one task's number
     * @param j the other's
     */
    public double cosine(int i, int j) {
        int tasks = tasks();
        int low = Math.min(i, j);
        int high = Math.max(i, j);
        if (low < 0 || high >= tasks || low == high) {
            throw new IllegalArgumentException("there is no cosine of tasks " + i + " and " + j + " of " + tasks);
        }
        return cosines[low * tasks - low * (low + 1) / 2 + high - low - 1];
    }
}
