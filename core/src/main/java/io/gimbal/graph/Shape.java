package io.gimbal.graph;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;

/**
 * The shape of a value: images are batch, height, width, channels (in this order in memory, float32, packed); plain
 * features are images of one pixel.
 *
 * @param batch    examples
 * @param height   rows; 1 of features
 * @param width    columns; 1 of features
 * @param channels values of a pixel, or features
 * @param flat     whether these are plain features, as files and linear layers have them: two dimensions instead of
 *                 four
 */
public record Shape(int batch, int height, int width, int channels, boolean flat) {
    /** Refuses extents below 1, and features of several pixels. */
    public Shape {
        Counts.atLeast("batch", batch, 1);
        Counts.atLeast("height", height, 1);
        Counts.atLeast("width", width, 1);
        Counts.atLeast("channels", channels, 1);
        if (flat && (height != 1 || width != 1)) {
            throw new UserException("plain features have no height and width, but these have " + height + " x " + width
                    + ".");
        }
        if ((double) batch * height * width * channels > Long.MAX_VALUE / 2) {
            throw new UserException(batch + " x " + channels + " x " + height + " x " + width
                    + " (batch, channels, height, width) are more values than can be counted.");
        }
    }

    /**
     * Images of that many channels.
     *
     * @param batch    examples
     * @param channels values of a pixel
     * @param height   rows
     * @param width    columns
     * @return the shape
     */
    public static Shape image(int batch, int channels, int height, int width) {
        return new Shape(batch, height, width, channels, false);
    }

    /**
     * Plain features.
     *
     * @param batch    examples
     * @param features of each
     * @return the shape
     */
    public static Shape features(int batch, int features) {
        return new Shape(batch, 1, 1, features, true);
    }

    /** {@return how many pixels the whole batch has} */
    public long places() {
        return (long) batch * height * width;
    }

    /** {@return how many values the whole batch has} */
    public long elements() {
        return places() * channels;
    }

    /**
     * {@return the same shape for another batch}
     *
     * @param otherBatch examples
     */
    public Shape withBatch(int otherBatch) {
        return new Shape(otherBatch, height, width, channels, flat);
    }

    /**
     * {@return the same images at another size}
     *
     * @param otherHeight rows
     * @param otherWidth  columns
     */
    public Shape withSize(int otherHeight, int otherWidth) {
        return image(batch, channels, otherHeight, otherWidth);
    }

    /**
     * {@return the same shape with other channels, or features}
     *
     * @param otherChannels values of a pixel, or features
     */
    public Shape withChannels(int otherChannels) {
        return new Shape(batch, height, width, otherChannels, flat);
    }

    /** {@return the dimensions without the batch in the order that files have: channels, height, width; or features} */
    public String describe() {
        return flat ? channels + " features" : channels + " x " + height + " x " + width;
    }
}
