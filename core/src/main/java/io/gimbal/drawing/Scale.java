package io.gimbal.drawing;

/**
 * From which value to which colours go.
 *
 * @param low  the value of the first colour
 * @param high the value of the last; larger, or the same where there is one value alone
 * @param unit with a space before it, or empty
 */
record Scale(double low, double high, String unit) {
    /** Where a value lies between the ends, 0 to 1 between them. */
    double place(double value) {
        return (value - low) / (high > low ? high - low : 1);
    }
}
