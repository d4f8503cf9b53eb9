package io.gimbal.source;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;

/** What cells of a table hold. */
final class Cells {
    private Cells() {}

    /**
     * The finite number in a cell.
     *
     * @param place where it stands, for messages
     */
    static float number(String cell, String place) {
        return number(cell, place, ", or nothing where there is no label");
    }

    /** The same where a number must stand. */
    static float dueNumber(String cell, String place) {
        return number(cell, place, "");
    }

    private static float number(String cell, String place, String otherwise) {
        try {
            float number = Float.parseFloat(cell);
            // Java also reads "1f", "0x1p3" and "NaN".
            boolean plain = cell.chars().allMatch(letter -> letter >= '0' && letter <= '9' || "+-.eE".indexOf(letter)
                    >= 0);
            if (plain && Float.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, as are numbers of other forms.
        }
        throw new UserException(place + ": " + Names.quote(cell) + " is no number of float32; such as 0.5 or -1e3 may "
                + "stand there, with a point" + otherwise + ".");
    }
}
