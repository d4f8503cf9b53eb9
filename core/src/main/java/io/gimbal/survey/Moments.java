package io.gimbal.survey;

/**
 * Least, largest, mean and deviation of numbers that are seen one by one (Welford, 1962), or by parts (Chan, Golub,
 * LeVeque, 1979); those that are not finite are counted alone. For one thread.
 */
final class Moments {
    private long count;
    private long notFinite;
    private double mean;
    private double squares;
    private double least = Double.POSITIVE_INFINITY;
    private double largest = Double.NEGATIVE_INFINITY;

    void add(double value) {
        if (!Double.isFinite(value)) {
            notFinite++;
            return;
        }
        count++;
        double apart = value - mean;
        mean += apart / count;
        squares += apart * (value - mean);
        least = Math.min(least, value);
        largest = Math.max(largest, value);
    }

    void add(Moments other) {
        notFinite += other.notFinite;
        if (other.count == 0) {
            return;
        }
        long all = count + other.count;
        double apart = other.mean - mean;
        squares += other.squares + apart * apart * ((double) count * other.count / all);
        mean += apart * other.count / all;
        count = all;
        least = Math.min(least, other.least);
        largest = Math.max(largest, other.largest);
    }

    /** How many finite numbers there were. */
    long count() {
        return count;
    }

    long notFinite() {
        return notFinite;
    }

    /** NaN of no number. */
    double mean() {
        return count == 0 ? Double.NaN : mean;
    }

    /** Of all numbers, not of a sample of them; NaN of no number. */
    double deviation() {
        return count == 0 ? Double.NaN : Math.sqrt(squares / count);
    }

    double least() {
        return least;
    }

    double largest() {
        return largest;
    }

    /** Whether there were several, and all were the same. */
    boolean constant() {
        return count > 1 && least == largest;
    }
}
