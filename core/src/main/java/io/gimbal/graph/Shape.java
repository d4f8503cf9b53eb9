package io.gimbal.graph;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;

/**
 * The shape of a value: images are batch, height, width, channels (in this order in memory, float32, packed); plain
 * features are images of one pixel.
 *
 * @param flat whether these are plain features, as files and linear layers have them: two dimensions instead of four
 */
public record Shape(int batch, int height, int width, int channels, boolean flat) {
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

    /** Images of that many channels. */
    public static Shape image(int batch, int channels, int height, int width) {
        return new Shape(batch, height, width, channels, false);
    }

    /** Plain features. */
    public static Shape features(int batch, int features) {
        return new Shape(batch, 1, 1, features, true);
    }

    /** Pixels of the whole batch. */
    public long places() {
        return (long) batch * height * width;
    }

    public long elements() {
        return places() * channels;
    }

    /** The same shape for another batch. */
    public Shape withBatch(int otherBatch) {
        return new Shape(otherBatch, height, width, channels, flat);
    }

    /** The same images at another size. */
    public Shape withSize(int otherHeight, int otherWidth) {
        return image(batch, channels, otherHeight, otherWidth);
    }

    /** The same shape with other channels, or features. */
    public Shape withChannels(int otherChannels) {
        return new Shape(batch, height, width, otherChannels, flat);
    }

    /** The dimensions without the batch in the order that files have: channels, height, width; or features. */
    public String describe() {
        return flat ? channels + " features" : channels + " x " + height + " x " + width;
    }
}
