package io.gimbal.data;

/**
 * What is done to one sample, to its image and all its labels alike:
 *
 * <ul>
 *   <li>The image is shown {@code scale} times as large, turned about the middle of what is shown, and mirrored.
 *       Colours are interpolated (bilinear; where it shrinks, means of several places), labels taken from the nearest
 *       pixel. What lies outside of the image is unlabelled, and has the normalisation's mean for colours.</li>
 *   <li>Depth is divided by the scale, as things shown larger are nearer. Vectors turn in the image's plane, and their
 *       x changes its sign in a mirror. Flow does both, and grows by the scale. Points move, and change places with
 *       those that they are in a mirror; coordinates do so, and are unlabelled where one is not shown any more.</li>
 *   <li>Colours and the blotted-out square change the image alone. What else is known of the image as a whole stays,
 *       but that a class may have another one for its mirror image.</li>
 * </ul>
 *
 * @param flip    whether it is mirrored left to right, after all else
 * @param scale   how many times as large things are shown, above 0
 * @param radians by how much it is turned, clockwise
 * @param across  where what is shown lies in an image that is larger, or such an image in what is shown: 0 at the left,
 *                0.5 in the middle, 1 at the right
 * @param down    likewise from the top
 * @param colours what happens to the colours
 * @param cut     the square that is blotted out
 */
public record Variation(boolean flip, double scale, double radians, double across, double down, Colours colours,
        Cut cut) {
    /** A sample as it is, in the middle of what is shown. */
    public static final Variation NONE = new Variation(false, 1, 0, 0.5, 0.5, Colours.SAME, Cut.NONE);
    /** A sample as it is, but mirrored. */
    public static final Variation MIRRORED = new Variation(true, 1, 0, 0.5, 0.5, Colours.SAME, Cut.NONE);

    /**
     * Factors of brightness, contrast (about the mean grey) and saturation, and by what part of a circle hues turn.
     *
     * @param brightness a factor
     * @param contrast   a factor
     * @param saturation a factor
     * @param hue        from -0.5 to 0.5
     */
    public record Colours(double brightness, double contrast, double saturation, double hue) {
        /** Colours as they are. */
        public static final Colours SAME = new Colours(1, 1, 1, 0);
    }

    /**
     * A square, blotted out with the image's mean.
     *
     * @param across where its middle lies, 0 at the left to 1 at the right
     * @param down   likewise from the top
     * @param side   as a part of the image's shorter side; 0 for none
     */
    public record Cut(double across, double down, double side) {
        /** No square. */
        public static final Cut NONE = new Cut(0, 0, 0);
    }

    /** The same of what is mirrored already. */
    Variation withoutMirror() {
        return new Variation(false, scale, radians, across, down, colours, cut);
    }

    /** Whether there is nothing to it but a mirror at most. */
    boolean plain() {
        return equals(NONE) || equals(MIRRORED);
    }
}
