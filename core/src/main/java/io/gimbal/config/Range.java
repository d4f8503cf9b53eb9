package io.gimbal.config;

/**
 * What a number may be, where the device takes it as float32: both the number and what float32 makes of it lie in the
 * range. Programs' arguments and configurations' values are held against the same ranges.
 */
public enum Range {
    /** Any finite number. */
    FINITE("a finite number", Double.NEGATIVE_INFINITY, false, Double.POSITIVE_INFINITY),
    /** Above 0. */
    POSITIVE("a number above 0", 0, false, Double.POSITIVE_INFINITY),
    /** At least 0. */
    NON_NEGATIVE("a number of at least 0", 0, true, Double.POSITIVE_INFINITY),
    /** From 0 to 1, both included. */
    FRACTION("a number from 0 to 1", 0, true, Math.nextUp(1.0)),
    /** From 0, which is included, to 1, which is not. */
    BELOW_ONE("a number from 0 to below 1", 0, true, 1);

    private final String words;
    private final double least;
    private final boolean leastIncluded;
    private final double bound;

    Range(String words, double least, boolean leastIncluded, double bound) {
        this.words = words;
        this.least = least;
        this.leastIncluded = leastIncluded;
        this.bound = bound;
    }

    /** The range in words: {@code "a number above 0"}. */
    String words() {
        return words;
    }

    /**
     * Refuses an argument that lies outside.
     *
     * @param argument its name, which the message begins with
     * @param value    its value
     * @return the value
     * @throws UserException naming the argument, its value, and what it may be
     */
    public double check(String argument, double value) {
        String fault = fault(value);
        if (fault != null) {
            throw new UserException(argument + " is " + value + fault + ".");
        }
        return value;
    }

    /** What is wrong with a value, as the rest of a sentence that says what it is; null where it lies in the range. */
    String fault(double value) {
        if (Double.isInfinite(value)) {
            return ", but must be finite: " + words;
        }
        if (!holds(value)) {
            return ", but must be " + words;
        }
        float rounded = (float) value;
        if (value != 0 && rounded == 0) {
            return lost("0", "smallest above 0", Float.MIN_VALUE);
        }
        if (Float.isInfinite(rounded)) {
            return lost("infinite", "largest", Float.MAX_VALUE);
        }
        return holds(rounded) ? null : lost("1", "largest below 1", Math.nextDown(1f));
    }

    private String lost(String became, String which, float held) {
        return ", which float32 makes " + became + ", but must be " + words + " that float32 can hold (its " + which
                + " is " + held + ")";
    }

    private boolean holds(double value) {
        return (leastIncluded ? value >= least : value > least) && value < bound;
    }
}
