package io.gimbal.engine;

import io.gimbal.config.Names;
import java.util.Map;
import java.util.Optional;

/**
 * Which values a network's tensors and a step's state may hold: finite ones, and variances, second moments, weights and
 * counts of at least 0. One place for all that comes from outside: checkpoints, start values, cases, and states that a
 * program sets.
 */
public final class SoundValues {
    private static final String VARIANCE = ".running_var";

    private SoundValues() {}

    /**
     * The first value that may not be among parameters and running statistics.
     *
     * @param tensors by name, as files have them
     * @return the name, the value's place and the value, as the rest of a sentence; empty where all may be
     */
    public static Optional<String> fault(Map<String, float[]> tensors) {
        return tensors.entrySet().stream().map(tensor -> fault(tensor.getKey(), tensor.getValue()))
                .flatMap(Optional::stream).findFirst();
    }

    /**
     * The same for one tensor.
     *
     * @param name   the tensor's
     * @param values the tensor's
     * @return what is wrong, and where; empty if nothing is
     */
    public static Optional<String> fault(String name, float[] values) {
        return name.endsWith(VARIANCE) ? notNegative(name, values)
                : outOfRange(name, values, -Float.MAX_VALUE, "a finite number must stand there");
    }

    static Optional<String> notNegative(String name, float[] values) {
        return outOfRange(name, values, 0, "a finite number of at least 0 must stand there");
    }

    private static Optional<String> outOfRange(String name, float[] values, float least, String rule) {
        for (int i = 0; values != null && i < values.length; i++) {
            if (!(values[i] >= least && values[i] <= Float.MAX_VALUE)) {
                return Optional.of(sentence(name, i, values.length, Float.toString(values[i]), rule));
            }
        }
        return Optional.empty();
    }

    /**
     * The same for integers that count something.
     *
     * @param name   the tensor's
     * @param counts the tensor's
     * @return what is wrong, and where; empty if nothing is
     */
    public static Optional<String> fault(String name, long[] counts) {
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] < 0) {
                return Optional.of(sentence(name, i, counts.length, Long.toString(counts[i]),
                        "a number of at least 0 must stand there"));
            }
        }
        return Optional.empty();
    }

    private static String sentence(String name, int place, int count, String value, String rule) {
        return "tensor " + Names.quote(name) + ": value " + place + " (of 0 to " + (count - 1) + ") is " + value + "; "
                + rule;
    }
}
