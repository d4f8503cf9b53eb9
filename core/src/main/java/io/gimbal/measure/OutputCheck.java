package io.gimbal.measure;

import java.util.Locale;

/**
 * An output beside what is due. Two numbers agree where they differ by no more than the tolerance times the larger of 1
 * and the size of the one that is due, where both are NaN, or the same infinity.
 *
 * @param output    which, from 1 on
 * @param count     its numbers
 * @param tolerance as above
 * @param wrong     how many do not agree
 * @param first     the first of them; -1 where all agree
 * @param found     what stands there
 * @param due       what should
 * @param worst     the largest difference, over the larger of 1 and the size of what is due; infinite where only one is
 *                  a finite number
 */
public record OutputCheck(int output, long count, double tolerance, long wrong, long first, double found, double due,
        double worst) {
    /** @param real whether the numbers have a fraction; both are of one type where they have none */
    static OutputCheck of(int output, long count, double tolerance, boolean real, OutputNumbers found,
            OutputNumbers due) {
        long wrong = 0;
        long first = -1;
        double worst = 0;
        for (long i = 0; i < count; i++) {
            double difference = real ? difference(found.value(i), due.value(i))
                    : found.bits(i) == due.bits(i) ? 0 : Math.max(difference(found.value(i), due.value(i)), 1e-20);
            worst = Math.max(worst, difference);
            if (difference > tolerance) {
                first = wrong++ == 0 ? i : first;
            }
        }
        return new OutputCheck(output, count, tolerance, wrong, first, first < 0 ? 0 : found.value(first),
                first < 0 ? 0 : due.value(first), worst);
    }

    private static double difference(double found, double due) {
        if (found == due || Double.isNaN(found) && Double.isNaN(due)) {
            return 0;
        }
        double difference = Math.abs(found - due) / Math.max(1, Math.abs(due));
        return Double.isFinite(difference) ? difference : Double.POSITIVE_INFINITY;
    }

    /** {@return whether all numbers agree} */
    public boolean passed() {
        return wrong == 0;
    }

    /** {@return the verdict as a sentence} */
    public String text() {
        return passed() ? String.format(Locale.ROOT, "Output %d agrees in all %d numbers within %.0e; the largest "
                + "difference is %.1e.", output, count, tolerance, worst)
                : String.format(Locale.ROOT, "Output %d is wrong in %d of %d numbers by more than %.0e: number %d is "
                + "%s, where %s is due.", output, wrong, count, tolerance, first, found, due);
    }
}
