package io.gimbal.measure;

import io.gimbal.config.Names;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A tensor of images, written {@code 24x80x80x128}: batch, height, width, channels.
 *
 * @param batch    images
 * @param height   rows
 * @param width    columns
 * @param channels values of a pixel
 */
public record ImageSize(int batch, int height, int width, int channels) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,6})x(\\d{1,5})x(\\d{1,5})x(\\d{1,5})");
    /** Kernels number places by 31 bits, and a layer's weight here has 9 C^2 elements. */
    private static final long MOST_PLACES = Integer.MAX_VALUE;
    private static final long MOST_ELEMENTS = 1L << 33;

    long places() {
        return (long) batch * height * width;
    }

    long elements() {
        return places() * channels;
    }

    @Override
    public String toString() {
        return batch + "x" + height + "x" + width + "x" + channels;
    }

    /**
     * Reads a size.
     *
     * @param text such as {@code 24x80x80x128}
     * @return the size
     * @throws IllegalArgumentException if it is none, or one that kernels cannot be run over
     */
    public static ImageSize of(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException(Names.quote(text) + " is no size; write batch, height, width and "
                    + "channels as in 24x80x80x128");
        }
        ImageSize size = new ImageSize(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)),
                Integer.parseInt(parts.group(3)), Integer.parseInt(parts.group(4)));
        if (size.batch < 1 || size.channels < 1 || size.height < 2 || size.width < 2) {
            throw new IllegalArgumentException(text + ": batch and channels must be at least 1, height and width "
                    + "at least 2");
        }
        if (size.places() > MOST_PLACES || size.places() * size.channels > MOST_ELEMENTS) {
            throw new IllegalArgumentException(text + " is too large; a tensor may have up to " + MOST_PLACES
                    + " places and " + MOST_ELEMENTS + " elements");
        }
        return size;
    }
}
