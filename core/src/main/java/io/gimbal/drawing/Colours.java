package io.gimbal.drawing;

/** Colours for what is not a photograph. All as 0xRRGGBB. */
final class Colours {
    static final int UNLABELLED = 0x808080;
    static final int BACKGROUND = 0xFFFFFF;
    static final int INK = 0x202020;

    /**
     * Colours of classes, told apart at a glance; for NYUv2's 13 they are chosen to look like the thing where that can
     * be.
     */
    private static final int[] CLASSES = {0xE6194B, 0xFFE119, 0xE8E8E8, 0x3CB44B, 0x9A6324, 0xF58231, 0x42D4F4,
            0xF032E6, 0x4363D8,
        0x808000, 0x101010, 0xD2C8A8, 0x9BC7FF, 0x911EB4, 0x469990, 0xFABED4, 0xBFEF45, 0x800000, 0x000075, 0xAAFFC3};

    /** Viridis (van der Walt, Smith, 2015) at every eighth. */
    private static final int[] VIRIDIS = {0x440154, 0x472C7A, 0x3B518B, 0x2C718E, 0x21908D, 0x27AD81, 0x5CC863,
            0xAADC32, 0xFDE725};

    private Colours() { }

    static int ofClass(int number) {
        if (number < CLASSES.length) {
            return CLASSES[number];
        }
        // Beyond the table: well-spread hues, by the golden angle.
        return java.awt.Color.HSBtoRGB(number * 0.618034f, 0.55f + 0.4f * (number % 3) / 2, 0.95f - 0.3f
                * (number % 2)) & 0xFFFFFF;
    }

    /** Viridis at a place from 0 (dark) to 1 (bright); beyond them the ends, and grey for NaN. */
    static int ofPlace(double place) {
        if (Double.isNaN(place)) {
            return UNLABELLED;
        }
        double scaled = Math.clamp(place, 0, 1) * (VIRIDIS.length - 1);
        int low = Math.min((int) scaled, VIRIDIS.length - 2);
        double part = scaled - low;
        int colour = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = VIRIDIS[low] >> shift & 255;
            int to = VIRIDIS[low + 1] >> shift & 255;
            colour |= (int) Math.round(from + part * (to - from)) << shift;
        }
        return colour;
    }

    /** A vector as a colour: x, y, z from -1 to 1 as red, green, blue; grey if it has no direction. */
    static int ofDirection(double x, double y, double z) {
        double length = Math.sqrt(x * x + y * y + z * z);
        if (!(length > 0) || Double.isInfinite(length)) {
            return UNLABELLED;
        }
        // z turned round, so that what faces the camera is bright.
        return channel(x / length) << 16 | channel(y / length) << 8 | channel(-z / length);
    }

    /** A displacement: its angle as hue, and its length, 0 to 1, as saturation; grey if it is no number. */
    static int ofDisplacement(double angle, double length) {
        return Double.isNaN(angle) || Double.isNaN(length) ? UNLABELLED
                : java.awt.Color.HSBtoRGB((float) (angle / (2 * Math.PI)), (float) Math.clamp(length, 0, 1), 1)
                        & 0xFFFFFF;
    }

    /** A colour half way to white. */
    static int paled(int colour) {
        return (colour >> 1 & 0x7F7F7F) + 0x808080;
    }

    private static int channel(double value) {
        return (int) Math.round((value + 1) * 127.5);
    }
}
