package io.gimbal.engine;

import java.util.Arrays;

/**
 * A number a task that a {@link Balancing} keeps from step to step.
 *
 * @param name  what it is, for messages
 * @param kind  what may stand there
 * @param start what stands there before the first step, by task
 */
public record StateRow(String name, Kind kind, double[] start) {
    /** A cosine loss of 0 may be rounded to less. */
    private static final double LEAST_LOSS = -1e-5;
    /** A cosine may be rounded to a little more than 1. */
    private static final double MOST_COSINE = 1 + 1e-9;

    /** What may stand in a row. */
    public enum Kind {
        /** A finite number of at least 0. */
        NOT_NEGATIVE("a finite number of at least 0 must stand there") {
            @Override
            boolean may(double value) {
                return Double.isFinite(value) && value >= 0;
            }
        },
        /** Any finite number. */
        FINITE("a finite number must stand there") {
            @Override
            boolean may(double value) {
                return Double.isFinite(value);
            }
        },
        /** A loss, or NaN where none was seen yet. */
        LOSS_OR_NONE("a loss must stand there, or NaN where none was seen yet") {
            @Override
            boolean may(double value) {
                return Double.isNaN(value) || Double.isFinite(value) && value >= LEAST_LOSS;
            }
        },
        /** Of steps that were accepted. */
        COUNT("a whole number must stand there, of at most the accepted steps") {
            @Override
            boolean may(double value) {
                return value >= 0 && value == Math.rint(value);
            }
        },
        /** A number from -1 to 1. */
        COSINE("a number from -1 to 1 must stand there") {
            @Override
            boolean may(double value) {
                return Math.abs(value) <= MOST_COSINE;
            }
        };

        private final String rule;

        Kind(String rule) {
            this.rule = rule;
        }

        abstract boolean may(double value);
    }

    /**
     * {@return the weights of the next step's losses, which every rule keeps first}
     *
     * @param start by task, at least 0
     */
    public static StateRow weights(double[] start) {
        return new StateRow("weight", Kind.NOT_NEGATIVE, start);
    }

    /**
     * {@return the weights' row, all of whose numbers are 1 at first}
     *
     * @param tasks how many
     */
    public static StateRow equalWeights(int tasks) {
        double[] start = new double[tasks];
        Arrays.fill(start, 1);
        return weights(start);
    }

    /**
     * {@return a row that starts alike for all tasks}
     *
     * @param name  what it is, for messages
     * @param kind  what may stand there
     * @param tasks how many
     * @param value for each task
     */
    public static StateRow filled(String name, Kind kind, int tasks, double value) {
        double[] start = new double[tasks];
        Arrays.fill(start, value);
        return new StateRow(name, kind, start);
    }

    boolean may(double value, long accepted) {
        return kind.may(value) && (kind != Kind.COUNT || value <= accepted);
    }

    /** What {@link #may} asks for, as the end of a sentence. */
    String rule() {
        return kind.rule;
    }
}
