package io.gimbal.config;

/** What a whole number may be that a program gives. */
public final class Counts {
    private Counts() {
    }

    /**
     * Refuses an argument below a bound.
     *
     * @param argument its name, which the message begins with
     * @param value    its value
     * @param least    the bound, which is allowed
     * @throws UserException naming the argument, its value, and what it may be
     */
    public static void atLeast(String argument, long value, long least) {
        if (value < least) {
            throw new UserException(argument + " is " + value + ", but must be at least " + least + ".");
        }
    }

    /**
     * Refuses what has no middle, or is not above 0.
     *
     * @param argument its name, which the message begins with
     * @param value    its value
     * @throws UserException naming the argument, its value, and what it may be
     */
    public static void odd(String argument, long value) {
        atLeast(argument, value, 1);
        if (value % 2 == 0) {
            throw new UserException(argument + " is " + value + ", but must be odd, to have a middle.");
        }
    }
}
