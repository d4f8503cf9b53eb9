package io.gimbal.data;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;
import java.util.Objects;

/**
 * In which form a network takes samples, and so how files are brought to it.
 *
 * @param height        rows
 * @param width         columns; with rows at most 2^24 pixels
 * @param channels      values of a pixel
 * @param fit           how images of other sizes meet this one
 * @param normalisation what becomes of stored values
 * @param augmentation  how samples may be varied: where they may be shown larger, they are kept larger
 * @param cache         how many are kept, and where
 */
public record Intake(int height, int width, int channels, Fit fit, Normalisation normalisation,
        Augmentation augmentation, SampleCache.Bounds cache) {
    /** Of an image. */
    public static final long MOST_PIXELS = 1 << 24;

    /**
     * Checks that the parts fit together.
     *
     * @throws UserException naming the part that cannot be
     */
    public Intake {
        Counts.atLeast("height", height, 1);
        Counts.atLeast("width", width, 1);
        Counts.atLeast("channels", channels, 1);
        Objects.requireNonNull(fit, "fit is null");
        Objects.requireNonNull(augmentation, "augmentation is null");
        Objects.requireNonNull(cache, "cache is null");
        if ((long) height * width > MOST_PIXELS) {
            throw new UserException("images have at most 2^24 pixels; " + width + " x " + height + " are more.");
        }
        normalisation = normalisation.spread(channels);
        if (channels != 3 && !augmentation.colours().anyChannels()) {
            throw new UserException("saturation and hue are of three channels; the images have " + channels + ".");
        }
    }

    /** The same, for a set whose images are red, green and blue. */
    Intake requireColours() {
        if (channels != 3) {
            throw new UserException("these data are images of 3 channels, but " + channels + " are taken.");
        }
        return this;
    }

    /**
     * Colour images, stretched to that size, as they are.
     *
     * @param height rows
     * @param width  columns
     * @return the intake
     */
    public static Intake ofColours(int height, int width) {
        return new Intake(height, width, 3, Fit.STRETCH, Normalisation.RANGE, Augmentation.NONE,
                SampleCache.Bounds.DEFAULT);
    }

    /**
     * The same with variations.
     *
     * @param other by what samples are varied
     * @return another intake; this one stays
     */
    public Intake with(Augmentation other) {
        return new Intake(height, width, channels, fit, normalisation, other, cache);
    }

    /** The same at each file's own size, not varied and not kept. */
    Intake natively() {
        return new Intake(height, width, channels, Fit.CROP, normalisation, Augmentation.NONE, cache);
    }

    /**
     * At which size an image is kept: the one at which it is shown; where it may be shown at others, the largest of
     * these, but no larger than it is.
     *
     * @param fromHeight rows of the image
     * @param fromWidth  columns of the image
     * @return the size, and what is shown of it
     */
    public Kept kept(int fromHeight, int fromWidth) {
        double fitHeight = fit.height(fromHeight, fromWidth, height, width);
        double fitWidth = fit.width(fromHeight, fromWidth, height, width);
        if (!augmentation.resamples()) {
            return new Kept(whole(fitHeight), whole(fitWidth), whole(fitHeight), whole(fitWidth));
        }
        double largest = Math.max(1, augmentation.largestScale());
        return new Kept(Math.min(fromHeight, whole(fitHeight * largest)), Math.min(fromWidth,
                whole(fitWidth * largest)), fitHeight, fitWidth);
    }

    private static int whole(double extent) {
        return (int) Math.max(1, Math.round(extent));
    }

    /**
     * The size at which an image is kept.
     *
     * @param height    rows that are kept
     * @param width     columns that are kept
     * @param fitHeight rows that the whole image has in the finished one, where it is not varied
     * @param fitWidth  columns likewise
     */
    public record Kept(int height, int width, double fitHeight, double fitWidth) { }
}
