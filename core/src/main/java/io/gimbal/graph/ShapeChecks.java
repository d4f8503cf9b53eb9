package io.gimbal.graph;

import io.gimbal.config.UserException;
import io.gimbal.device.Precision;
import io.gimbal.dnn.ConvolutionGeometry;
import java.util.List;
import java.util.Locale;

/** What operations ask of the values that they are given; refusals name the layer, what arrives and what it needs. */
public final class ShapeChecks {
    /** Every task's channels stand side by side, and its images one behind the other: their number is an int, too. */
    private static final int MOST_CHANNELS = Integer.MAX_VALUE / TaskSet.MOST;
    private static final int MOST_IMAGES = MOST_CHANNELS;

    private ShapeChecks() {}

    /**
     * Refuses fewer than two values.
     *
     * @param name   the operation's
     * @param layer  what messages call its kind
     * @param values that it reads
     */
    public static void requireSeveral(String name, String layer, List<Value> values) {
        if (values.size() < 2) {
            throw new UserException(name + " (" + layer + "): what arrives is " + values.size()
                    + (values.size() == 1 ? " value" : " values") + "; it joins two or more");
        }
    }

    /**
     * Refuses values of different shapes.
     *
     * @param name   the operation's
     * @param layer  what messages call its kind
     * @param values that it reads
     * @param need   what they must be, as the end of the message
     */
    public static void requireAlike(String name, String layer, List<Value> values, String need) {
        Shape shape = values.getFirst().shape();
        values.stream().filter(value -> !value.shape().equals(shape)).findFirst().ifPresent(other -> {
            throw unlike(name, layer, values.getFirst(), other, need);
        });
    }

    /**
     * {@return the refusal of two values of different shapes}
     *
     * @param name  the operation's
     * @param layer what messages call its kind
     * @param one   a value
     * @param other another
     * @param need  what they must be, as the end of the message
     */
    public static UserException unlike(String name, String layer, Value one, Value other, String need) {
        return new UserException(name + " (" + layer + "): " + one.describe() + " is " + one.shape().describe()
                + ", and " + other.describe() + " is " + other.shape().describe() + "; " + need);
    }

    /**
     * Counted with the channels that bf16 adds.
     *
     * @param name  the operation's
     * @param shape of a value
     */
    public static void requireRoom(String name, Shape shape) {
        if (shape.channels() > MOST_CHANNELS || shape.batch() > MOST_IMAGES) {
            throw new UserException(name + ": " + shape.describe() + " in batches of " + shape.batch()
                    + " are too many: at most " + MOST_CHANNELS + " channels or features, and as many in a batch, may"
                    + " be");
        }
        long elements = shape.places() * Precision.paddedChannels(shape.channels());
        if (shape.places() > Integer.MAX_VALUE || elements > Integer.MAX_VALUE) {
            throw new UserException(name + ": " + shape.describe() + " in batches of " + shape.batch() + " has "
                    + elements + " elements, its channels rounded up to a multiple of 8; at most " + Integer.MAX_VALUE
                    + ": take a smaller batch (data.batch), or smaller images");
        }
    }

    /**
     * What leaves windows that move over images; refuses windows that do not fit.
     *
     * @param name     the operation's
     * @param layer    what messages call its kind
     * @param in       the shape of what arrives
     * @param out      channels of what leaves it
     * @param kernel   the window's side
     * @param stride   from window to window
     * @param padding  on each side
     * @param dilation from tap to tap
     * @param window   what messages call it
     * @return the shape of what leaves it
     */
    public static Shape windows(String name, String layer, Shape in, int out, int kernel, int stride, int padding,
            int dilation, String window) {
        long height = ConvolutionGeometry.windows(in.height(), kernel, stride, padding, dilation);
        long width = ConvolutionGeometry.windows(in.width(), kernel, stride, padding, dilation);
        if (height < 1 || width < 1) {
            throw tooSmall(name, layer, in, window);
        }
        checkCount(name, (double) height * width);
        return Shape.image(in.batch(), out, (int) height, (int) width);
    }

    /**
     * Refuses more values than kernels count.
     *
     * @param name  the operation's
     * @param count how many there would be
     */
    public static void checkCount(String name, double count) {
        if (count > Integer.MAX_VALUE) {
            throw new UserException(String.format(Locale.ROOT, "%s would have %.0f elements; at most %d",
                    name, count, Integer.MAX_VALUE));
        }
    }

    /**
     * Counted with the channels that bf16 adds on either side.
     *
     * @param name   the operation's
     * @param out    output channels
     * @param in     input channels
     * @param kernel the filter's side
     */
    public static void checkWeight(String name, int out, int in, int kernel) {
        checkCount(name + ".weight", (double) (out + 7L) * (in + 7L) * kernel * kernel);
    }

    /**
     * Refuses plain features where images are needed.
     *
     * @param name  the operation's
     * @param layer what messages call its kind
     * @param x     what arrives
     * @return its shape
     */
    public static Shape needImage(String name, String layer, Value x) {
        if (x.shape().flat()) {
            throw new UserException(name + " (" + layer + "): what arrives is " + x.shape().describe()
                    + "; it needs images (channels x height x width)");
        }
        return x.shape();
    }

    /**
     * {@return the refusal of images that are smaller than a window}
     *
     * @param name   the operation's
     * @param layer  what messages call its kind
     * @param in     the shape of what arrives
     * @param window what messages call it
     */
    public static UserException tooSmall(String name, String layer, Shape in, String window) {
        return new UserException(name + " (" + layer + "): what arrives is " + in.describe() + ", too small for "
                + window);
    }
}
