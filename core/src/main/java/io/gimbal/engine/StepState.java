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
 * @param balance  the balancing's state: the rows of {@link Balancing#state}, T values of each
 * @param counters steps, accepted updates, rejected steps, rejected in a row
 * @param averages those of {@code tensors}, alike; empty where the training keeps none
 */
public record StepState(Map<String, float[]> tensors, List<Map<String, float[]>> moments, double[] balance,
        long[] counters, Optional<Map<String, float[]>> averages) {
    /** What a moment's tensor is called in messages and files: this, its number, a dot, the parameter's name. */
    public static final String MOMENT = "optimizer.moment.";
    /** What an average is called, likewise: this, and the tensor's name. */
    public static final String AVERAGE = "average.";
    /** What the balancing's state is called, likewise. */
    public static final String BALANCE = "balance.state";
    /** What the counters are called, likewise. */
    public static final String COUNTERS = "counters";
    /** Of the moments, the one that is a mean of squares. */
    private static final int SECOND = 1;
    private static final int COUNTED = 4;

    /**
     * That of a training which keeps no averages.
     *
     * @param tensors  parameters and running statistics by name
     * @param moments  the optimiser's, by parameter
     * @param balance  what the balancing keeps, row by row
     * @param counters of steps: all, accepted, rejected, rejected in a row
     */
    public StepState(Map<String, float[]> tensors, List<Map<String, float[]>> moments, double[] balance,
            long[] counters) {
        this(tensors, moments, balance, counters, Optional.empty());
    }

    /**
     * {@return what is validated and comes out of a training: the averages where they are kept, else the tensors
     * themselves}
     */
    public Map<String, float[]> evaluated() {
        return averages.orElse(tensors);
    }

    /** {@return how many steps there were so far, rejected ones included} */
    public long steps() {
        return counters[0];
    }

    /** {@return how many steps were taken in} */
    public long accepted() {
        return counters[1];
    }

    /** {@return how many steps were rejected one after the other, up to now} */
    public long rejectedInARow() {
        return counters[3];
    }

    /**
     * The first value that no step leaves behind, whatever the balancing: one that is not finite, a negative variance
     * or second moment, counters that do not fit each other.
     *
     * @return where it stands and what it is, as a sentence; empty where there is none
     */
    public Optional<String> fault() {
        return SoundValues.fault(tensors).or(this::faultOfMoments).or(this::faultOfAverages)
                .or(this::faultOfCounters);
    }

    /**
     * The same, with what the balancing keeps.
     *
     * @param rows what may stand in {@link #balance}
     * @return what is wrong, and where; empty if nothing is
     */
    public Optional<String> fault(List<StateRow> rows) {
        return fault().or(() -> faultOfBalance(rows));
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

    private Optional<String> faultOfAverages() {
        return averages.orElse(Map.of()).entrySet().stream().map(average -> SoundValues.fault(AVERAGE
                + average.getKey(), average.getValue())).flatMap(Optional::stream).findFirst();
    }

    private Optional<String> faultOfCounters() {
        if (counters.length != COUNTED || counters[1] < 0 || counters[2] < 0 || counters[1] > counters[0]
                || counters[2] != counters[0] - counters[1] || counters[3] < 0 || counters[3] > counters[2]) {
            return Optional.of("its " + COUNTERS + " " + Arrays.toString(counters)
                    + " (steps, accepted, rejected, rejected in a row) cannot be");
        }
        return Optional.empty();
    }

    private Optional<String> faultOfBalance(List<StateRow> rows) {
        int tasks = balance.length / rows.size();
        if (balance.length != tasks * rows.size()) {
            return Optional.of("tensor '" + BALANCE + "' holds " + balance.length + " values, no multiple of "
                    + rows.size());
        }
        for (int i = 0; i < balance.length; i++) {
            StateRow row = rows.get(i / tasks);
            if (!row.may(balance[i], accepted())) {
                return Optional.of("tensor '" + BALANCE + "': the " + row.name() + " of task " + i % tasks + " is "
                        + balance[i] + "; " + row.rule());
            }
        }
        return Optional.empty();
    }
}
