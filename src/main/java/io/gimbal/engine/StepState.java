package io.gimbal.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that a step depends on besides its batch, on the host: what a checkpoint holds.
 *
 * @param tensors  parameters and running statistics by name, in the files' order
 * @param moments  the optimiser's moment buffers, each by parameter name in the files' order
 * @param balance  the balancing's state: weight, initial loss, first and second moment, steps; T values of each
 * @param counters steps, accepted updates, rejected steps, rejected in a row
 */
public record StepState(Map<String, float[]> tensors, List<Map<String, float[]>> moments, double[] balance,
        long[] counters) {
    /** What a moment's tensor is called in messages and files: this, its number, a dot, the parameter's name. */
    public static final String MOMENT = "optimizer.moment.";
    /** What the balancing's state is called, likewise. */
    public static final String BALANCE = "balance.state";
    /** What the counters are called, likewise. */
    public static final String COUNTERS = "counters";
    /** Values a task of the balancing's state. */
    public static final int BALANCE_KINDS = 5;

    /** Of the moments, the one that is a mean of squares. */
    private static final int SECOND = 1;
    private static final int COUNTED = 4;
    private static final String[] ROWS = {"weight", "L(0)", "first moment", "second moment", "updates"};
    /** A cosine loss of 0 may be rounded to less. */
    private static final double LEAST_LOSS = -1e-5;

    /** Steps so far, rejected ones included. */
    public long steps() {
        return counters[0];
    }

    /** Steps that were taken in. */
    public long accepted() {
        return counters[1];
    }

    /** Steps that were rejected one after the other, up to now. */
    public long rejectedInARow() {
        return counters[3];
    }

    /**
     * The first value that no step leaves behind: one that is not finite, a negative variance, second moment or weight,
     * counters that do not fit each other.
     *
     * @return where it stands and what it is, as a sentence; empty where a step may go on from this
     */
    public Optional<String> fault() {
        return SoundValues.fault(tensors).or(this::faultOfMoments).or(this::faultOfCounters)
                .or(this::faultOfBalance);
    }

    private Optional<String> faultOfMoments() {
        for (int k = 0; k < moments.size(); k++) {
            for (Map.Entry<String, float[]> moment : moments.get(k).entrySet()) {
                String name = MOMENT + k + "." + moment.getKey();
                Optional<String> fault = k == SECOND ? SoundValues.notNegative(name, moment.getValue())
                        : SoundValues.fault(name, moment.getValue());
                if (fault.isPresent()) {
                    return fault;
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> faultOfCounters() {
        if (counters.length != COUNTED || counters[1] < 0 || counters[2] < 0 || counters[1] > counters[0]
                || counters[2] != counters[0] - counters[1] || counters[3] < 0 || counters[3] > counters[2]) {
            return Optional.of("its " + COUNTERS + " " + Arrays.toString(counters)
                    + " (steps, accepted, rejected, rejected in a row) cannot be");
        }
        return Optional.empty();
    }

    private Optional<String> faultOfBalance() {
        int tasks = balance.length / ROWS.length;
        if (balance.length != tasks * ROWS.length) {
            return Optional.of("tensor '" + BALANCE + "' holds " + balance.length + " values, no multiple of "
                    + ROWS.length);
        }
        for (int i = 0; i < balance.length; i++) {
            int row = i / tasks;
            if (!mayStand(row, balance[i])) {
                return Optional.of("tensor '" + BALANCE + "': the " + ROWS[row] + " of task " + i % tasks + " is "
                        + balance[i] + "; " + switch (row) {
                            case 1 -> "a loss must stand there, or NaN where none was seen yet";
                            case 2 -> "a finite number must stand there";
                            case 4 -> "a whole number of at most the " + counters[1] + " accepted steps must stand "
                                    + "there";
                            default -> "a finite number of at least 0 must stand there";
                        });
            }
        }
        return Optional.empty();
    }

    private boolean mayStand(int row, double value) {
        return switch (row) {
            case 1 -> Double.isNaN(value) || Double.isFinite(value) && value >= LEAST_LOSS;
            case 2 -> Double.isFinite(value);
            case 4 -> value >= 0 && value <= counters[1] && value == Math.rint(value);
            default -> Double.isFinite(value) && value >= 0;
        };
    }
}
