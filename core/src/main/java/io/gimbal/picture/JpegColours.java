package io.gimbal.picture;

/** What the channels of a JPEG mean in red, green and blue, by the formula of JFIF in libjpeg's whole numbers. */
final class JpegColours {
    private static final int BITS = 16;
    private static final int HALF = 1 << BITS - 1;
    private static final int[] RED_OF_CR = new int[256];
    private static final int[] BLUE_OF_CB = new int[256];
    private static final int[] GREEN_OF_CR = new int[256];
    private static final int[] GREEN_OF_CB = new int[256];

    static {
        for (int value = 0; value < 256; value++) {
            int chrominance = value - 128;
            RED_OF_CR[value] = fixed(1.402) * chrominance + HALF >> BITS;
            BLUE_OF_CB[value] = fixed(1.772) * chrominance + HALF >> BITS;
            GREEN_OF_CR[value] = -fixed(0.71414) * chrominance;
            GREEN_OF_CB[value] = -fixed(0.34414) * chrominance + HALF;
        }
    }

    private JpegColours() { }

    private static int fixed(double value) {
        return (int) (value * (1 << BITS) + 0.5);
    }

    /**
     * Red, green and blue of each pixel.
     *
     * @param channels  3, or 4 with black
     * @param luminance whether the first three are luminance and chrominances
     */
    static byte[] of(byte[] stored, int channels, boolean luminance) {
        byte[] colours = new byte[stored.length / channels * 3];
        int from = 0;
        for (int to = 0; to < colours.length; to += 3) {
            if (luminance) {
                fromLuminance(stored, from, colours, to);
            } else {
                System.arraycopy(stored, from, colours, to, 3);
            }
            if (channels == 4) {
                print(luminance, stored[from + 3], colours, to);
            }
            from += channels;
        }
        return colours;
    }

    /** Of luminance and the chrominances towards blue and towards red. */
    private static void fromLuminance(byte[] stored, int from, byte[] colours, int to) {
        int luminance = stored[from] & 255;
        int cb = stored[from + 1] & 255;
        int cr = stored[from + 2] & 255;
        colours[to] = limited(luminance + RED_OF_CR[cr]);
        colours[to + 1] = limited(luminance + (GREEN_OF_CB[cb] + GREEN_OF_CR[cr] >> BITS));
        colours[to + 2] = limited(luminance + BLUE_OF_CB[cb]);
    }

    private static byte limited(int value) {
        return (byte) Math.clamp(value, 0, 255);
    }

    /**
     * Of cyan, magenta, yellow and black, as Adobe stores them: 255 is no ink. What the paper throws back is the
     * product of what the inks let through.
     *
     * @param mirrored whether the three came from luminance, by which 0 is no ink
     */
    private static void print(boolean mirrored, byte black, byte[] colours, int to) {
        for (int c = to; c < to + 3; c++) {
            int through = mirrored ? 255 - (colours[c] & 255) : colours[c] & 255;
            colours[c] = (byte) ((through * (black & 255) + 127) / 255);
        }
    }
}
