package io.gimbal.data;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import java.util.List;
import java.util.Objects;

/**
 * By what samples are varied in training, drawn anew for each sample and epoch from the seed alone, and the same for an
 * image and all its labels. Immutable.
 *
 * <p>What is drawn is a {@link Variation}; how it is done to images and labels stands there.
 *
 * @param flip     whether one half of the samples is mirrored left to right
 * @param scales   how many times as large things are shown: one of these, each as likely; or, with {@code between}, any
 *                 number from the first to the second
 * @param between  whether {@code scales} are the ends of a range
 * @param rotation at most so many degrees to either side, 0 to 180
 * @param shift    whether a part of an image that is larger than what is shown is taken from any place, and one that is
 *                 smaller is put at any; otherwise from and to the middle
 * @param colours  how far colours may change
 * @param cutout   side of the square that is blotted out, as a part of the image's shorter side, 0 to 1
 */
public record Augmentation(boolean flip, List<Double> scales, boolean between, double rotation, boolean shift,
        Colours colours, double cutout) {
    /** Samples as they are. */
    public static final Augmentation NONE = new Augmentation(false, List.of(1.0), false, 0, false, Colours.SAME, 0);

    private static final double LARGEST_SCALE = 16;
    private static final double HALF_TURN = 180;
    /** Keeps these draws apart from the others of a seed. */
    private static final long STREAM = 0x6175676DL;

    /**
     * How far colours may change: brightness, contrast and saturation are multiplied by 1 - x to 1 + x, hues are turned
     * by up to x of a full circle to either side.
     *
     * @param brightness 0 to 1
     * @param contrast   0 to 1, about the image's mean grey
     * @param saturation 0 to 1; of three channels only
     * @param hue        0 to 0.5; of three channels only
     */
    public record Colours(double brightness, double contrast, double saturation, double hue) {
        /** Colours as they are. */
        public static final Colours SAME = new Colours(0, 0, 0, 0);

        /** Checks each. */
        public Colours {
            Range.FRACTION.check("brightness", brightness);
            Range.FRACTION.check("contrast", contrast);
            Range.FRACTION.check("saturation", saturation);
            check("hue", hue, 0, 0.5);
        }

        /** Here, and not beside its other callers, since the outer class needs this one to be made. */
        private static void check(String what, double value, double least, double most) {
            if (!(value >= least && value <= most)) {
                throw new UserException(what + " is " + value + ", but must be a number from " + least + " to " + most
                        + ".");
            }
        }

        /** {@return whether images of other than three channels may be changed so} */
        public boolean anyChannels() {
            return saturation == 0 && hue == 0;
        }
    }

    /**
     * Checks that the parts can be.
     *
     * @throws UserException naming the part that cannot
     */
    public Augmentation {
        scales = List.copyOf(Objects.requireNonNull(scales, "scales is null"));
        Objects.requireNonNull(colours, "colours is null");
        if (scales.isEmpty() || between && scales.size() != 2) {
            throw new UserException("there are " + scales.size() + " scales, but " + (between
                    ? "a range has 2." : "1 is the least."));
        }
        for (double scale : scales) {
            Colours.check("a scale", scale, 1 / LARGEST_SCALE, LARGEST_SCALE);
        }
        if (between && scales.getFirst() > scales.getLast()) {
            throw new UserException("scales between " + scales.getFirst() + " and " + scales.getLast()
                    + ": the smaller one comes first.");
        }
        Colours.check("rotation", rotation, 0, HALF_TURN);
        Range.FRACTION.check("cutout", cutout);
    }

    /**
     * Nothing but flips, or nothing at all.
     *
     * @param flip whether images are mirrored with probability one half
     * @return the variations
     */
    public static Augmentation flips(boolean flip) {
        return new Augmentation(flip, List.of(1.0), false, 0, false, Colours.SAME, 0);
    }

    /** Whether things may be shown larger, smaller or turned, so that pixels fall between pixels. */
    boolean resamples() {
        return rotation > 0 || scales.stream().anyMatch(scale -> scale != 1);
    }

    /** How many times as large things are shown at most. */
    double largestScale() {
        return scales.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }

    /** What is drawn for a sample in an epoch. */
    Variation draw(long seed, long epoch, int index, boolean flipped) {
        Randomness random = new Randomness(seed, epoch, index, STREAM);
        double scale = between ? random.uniform(scales.getFirst(), scales.getLast())
                : scales.get(random.below(scales.size()));
        double degrees = random.uniform(-rotation, rotation);
        double across = random.uniform(0, 1);
        double down = random.uniform(0, 1);
        Variation.Colours changed = new Variation.Colours(around(random, 1, colours.brightness()),
                around(random, 1, colours.contrast()), around(random, 1, colours.saturation()),
                around(random, 0, colours.hue()));
        Variation.Cut square = new Variation.Cut(random.uniform(0, 1), random.uniform(0, 1), cutout);
        Variation.Cut cut = cutout == 0 ? Variation.Cut.NONE : square;
        return new Variation(flipped, scale, rotation == 0 ? 0 : Math.toRadians(degrees), shift ? across : 0.5,
                shift ? down : 0.5, changed, cut);
    }

    private static double around(Randomness random, double middle, double reach) {
        double drawn = random.uniform(middle - reach, middle + reach);
        return reach == 0 ? middle : drawn;
    }
}
