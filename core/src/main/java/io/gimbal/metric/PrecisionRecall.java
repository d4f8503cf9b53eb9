package io.gimbal.metric;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * A curve of precision over recall, by thresholds in rising order, and what BSDS's benchmark makes of it (Arbelaez,
 * Maire, Fowlkes, Malik, PAMI 2011, section 3.1, as their programs have it). Immutable.
 *
 * @param recall    by threshold, 0 to 1
 * @param precision by threshold, 0 to 1
 */
record PrecisionRecall(double[] recall, double[] precision) {
    /** Places between two thresholds, both counted, at which F is looked at. */
    private static final int PLACES = 100;
    /** Steps of recall over which precision is summed. */
    private static final int STEPS = 100;

    /** The largest F, the harmonic mean of both, where both run straight from a threshold to the next. */
    double largestF() {
        double largest = f(recall[0], precision[0]);
        for (int i = 1; i < recall.length; i++) {
            for (int place = 0; place < PLACES; place++) {
                double part = place / (PLACES - 1.0);
                largest = Math.max(largest, f(between(recall[i - 1], recall[i], part),
                        between(precision[i - 1], precision[i], part)));
            }
        }
        return largest;
    }

    private static double f(double recall, double precision) {
        return recall + precision == 0 ? 0 : 2 * recall * precision / (recall + precision);
    }

    private static double between(double from, double to, double part) {
        return from * (1 - part) + to * part;
    }

    /**
     * The mean precision over recalls of 0 to 1 in steps of 0.01, as a sum of 101 values by 100: straight between the
     * recalls that there are, 0 beyond them. Of thresholds with the same recall the lowest counts; a curve of a single
     * recall has no area.
     */
    double area() {
        int[] order = IntStream.range(0, recall.length).boxed().sorted(Comparator.comparingDouble(i -> recall[i]))
                .mapToInt(Integer::intValue).toArray();
        int[] distinct = IntStream.range(0, order.length).filter(i -> i == 0
                || recall[order[i]] != recall[order[i - 1]]).map(i -> order[i]).toArray();
        double[] recalls = Arrays.stream(distinct).mapToDouble(i -> recall[i]).toArray();
        double[] precisions = Arrays.stream(distinct).mapToDouble(i -> precision[i]).toArray();
        double sum = 0;
        for (int step = 0; step <= STEPS && recalls.length > 1; step++) {
            sum += at((double) step / STEPS, recalls, precisions);
        }
        return sum / STEPS;
    }

    private static double at(double place, double[] recalls, double[] precisions) {
        int found = Arrays.binarySearch(recalls, place);
        if (found >= 0) {
            return precisions[found];
        }
        int above = -found - 1;
        return above == 0 || above == recalls.length ? 0 : between(precisions[above - 1], precisions[above],
                (place - recalls[above - 1]) / (recalls[above] - recalls[above - 1]));
    }
}
