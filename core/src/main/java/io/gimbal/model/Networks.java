package io.gimbal.model;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;

/**
 * The two networks that the GradNorm paper trains on NYUv2 (arXiv 1711.02257, section 5), without heads: {@code
 * Networks.segnetVgg16(3, 320, 320, Resolution.QUARTER).head("depth", conv2d(1, 1))}. In the paper all tasks share
 * everything but such a last layer. What the paper leaves open is decided in docs/decisions/0011.
 */
public final class Networks {
    /** How large a network's output is. */
    public enum Resolution {
        /** A quarter of the input's height and width, as in the paper: 80 x 80 for 320 x 320. */
        QUARTER,
        /** The input's own size. */
        FULL
    }

    private static final int REDUCTION = 32;

    private Networks() {}

    /**
     * SegNet (arXiv 1511.00561): VGG16's convolutions, each with batch norm and relu, five times pooled; then the same
     * mirrored, upsampled through the poolings' indices. 29.2 million parameters.
     *
     * @param channels of the input; 3 for torchvision's parameters
     * @param height   of the input
     * @param width    of the input
     * @param output   whether it ends at a quarter of the input's size, or at all of it
     * @return a network with a trunk and no head
     * @throws UserException unless height and width are multiples of 32
     */
    public static Network segnetVgg16(int channels, int height, int width, Resolution output) {
        return segnetVgg16(channels, height, width, output, 1);
    }

    /**
     * The same, thinner or wider: for trials on a CPU. No published parameters fit it.
     *
     * @param channels of the input
     * @param height   of the input
     * @param width    of the input
     * @param output   whether it ends at a quarter of the input's size, or at all of it
     * @param factor   on all hidden channels, of which each layer keeps at least 2; above 0
     * @return a network with a trunk and no head
     * @throws UserException unless height and width are multiples of 32, or if a layer's channels would be too many
     */
    public static Network segnetVgg16(int channels, int height, int width, Resolution output, double factor) {
        Range.POSITIVE.check("width", factor);
        check("segnet_vgg16", channels, height, width);
        SegnetVgg16 made = new SegnetVgg16(output, factor);
        return Network.ofImages(channels, height, width).trunk(made.layers()).pretrained(made.pretrained());
    }

    /**
     * A ResNet-50 (arXiv 1512.03385) thinned as the paper says, and a shallow residual decoder whose upsampling is
     * learned. It leaves a quarter of the input's height and width. 15.4 million parameters.
     *
     * @param channels of the input; 3 for torchvision's parameters
     * @param height   of the input
     * @param width    of the input
     * @return a network with a trunk and no head
     * @throws UserException unless height and width are multiples of 32
     */
    public static Network resnet50Fcn(int channels, int height, int width) {
        check("resnet50_fcn", channels, height, width);
        Resnet50Fcn made = new Resnet50Fcn();
        return Network.ofImages(channels, height, width).trunk(made.layers()).pretrained(made.pretrained());
    }

    private static void check(String network, int channels, int height, int width) {
        if (height % REDUCTION != 0 || width % REDUCTION != 0) {
            throw new UserException("model.input is " + channels + " x " + height + " x " + width + ", but " + network
                    + " halves images five times: height and width must be multiples of " + REDUCTION + ", such as "
                    + nearest(height) + " and " + nearest(width));
        }
    }

    private static int nearest(int size) {
        return Math.max(1, Math.round((float) size / REDUCTION)) * REDUCTION;
    }
}
