package io.gimbal.page;

import io.gimbal.shaded.jackson.core.JsonGenerator;
import java.io.IOException;

/** Figures on a page: float32, which shows in a plot as well as float64 and takes half the room. */
final class PageNumbers {
    private PageNumbers() {}

    /** Writes a figure, or null where it is not finite. */
    static void write(JsonGenerator json, double value) throws IOException {
        float rounded = (float) value;
        if (!Double.isFinite(value)) {
            json.writeNull();
        } else if (Float.isFinite(rounded) && (rounded != 0 || value == 0)) {
            json.writeNumber(rounded);
        } else {
            json.writeNumber(value);
        }
    }
}
