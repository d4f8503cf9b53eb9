package io.gimbal.report;

import io.gimbal.measure.Distribution;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.Locale;

/** Measured figures, as tables and JSON have them. */
public final class Figures {
    private Figures() {}

    /**
     * To the microsecond.
     *
     * @param seconds at least 0
     * @return a text with its unit
     */
    public static String milliseconds(double seconds) {
        return String.format(Locale.ROOT, "%.3f ms", 1e3 * seconds);
    }

    /** With four digits, in the unit that suits it. */
    static String time(double seconds) {
        return seconds < 1e-3 ? String.format(Locale.ROOT, "%.4g us", 1e6 * seconds)
                : String.format(Locale.ROOT, "%.4g ms", 1e3 * seconds);
    }

    /**
     * Adds an object with least, middle and greatest.
     *
     * @param node    takes the members
     * @param name    the member's
     * @param seconds what was measured
     */
    public static void put(ObjectNode node, String name, Distribution seconds) {
        node.putObject(name).put("min", seconds.least()).put("median", seconds.median()).put("max", seconds.most());
    }
}
