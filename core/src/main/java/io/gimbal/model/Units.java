package io.gimbal.model;

import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;

/**
 * The residual units of ResNet (arXiv 1512.03385), each with the relu behind its addition; and the convolutions that
 * all named architectures are made of: they keep the size, before their stride, and have no bias where they are not
 * said to have one.
 */
final class Units {
    /** What PyTorch's batch norms take. */
    static final double MOMENTUM = 0.1;

    private Units() {}

    /** k x k, with zeros around the image, so that only a stride makes it smaller. */
    static Layer.Conv2d convolution(int out, int kernel) {
        return dilated(out, kernel, 1);
    }

    /** The same, its taps {@code dilation} places apart. */
    static Layer.Conv2d dilated(int out, int kernel, int dilation) {
        return biased(out, kernel, dilation).withoutBias();
    }

    /** The same with a bias. */
    static Layer.Conv2d biased(int out, int kernel, int dilation) {
        return Layers.conv2d(out, kernel).padding(dilation * (kernel - 1) / 2).dilation(dilation);
    }

    /** 1 x 1, with a bias. */
    static Layer.Conv2d pointwise(int out) {
        return Layers.conv2d(out, 1);
    }

    static Layer.BatchNorm norm(double momentum) {
        return new Layer.BatchNorm(1e-5, momentum);
    }

    /** k x k, batch norm, relu. */
    static Part convolved(int out, int kernel) {
        return Part.of(convolution(out, kernel), norm(MOMENTUM), Layers.relu());
    }

    /**
     * Two 3 x 3 convolutions.
     *
     * @param stride   of the first
     * @param first    the first one's dilation
     * @param dilation the second one's
     * @param projects whether the shortcut is a convolution, even where input and output are of one shape
     */
    record Basic(int out, int stride, int first, int dilation, double momentum, boolean projects) {
        static Basic of(int out) {
            return new Basic(out, 1, 1, 1, MOMENTUM, false);
        }

        Basic projecting() {
            return new Basic(out, stride, first, dilation, momentum, true);
        }

        /** For features of so many channels. */
        Part on(int channels) {
            return on(channels, "");
        }

        /** @param unit its name in a published network; empty where there is none */
        Part on(int channels, String unit) {
            Published names = new Published(unit);
            Part body = new Part();
            names.add(body, dilated(out, 3, first).stride(stride), "conv1");
            names.add(body, norm(momentum), "bn1");
            body.add(Layers.relu());
            names.add(body, dilated(out, 3, dilation), "conv2");
            names.add(body, norm(momentum), "bn2");
            boolean same = stride == 1 && channels == out && !projects;
            return unit(body, same ? new Part() : names.shortcut(convolution(out, 1).stride(stride), momentum));
        }
    }

    /**
     * 1 x 1 to {@code middle} channels, 3 x 3, 1 x 1 to {@code out}.
     *
     * @param stride   of the 3 x 3
     * @param dilation of the 3 x 3
     * @param bias     whether the convolutions have one
     * @param projects whether the shortcut is a convolution, even where input and output are of one shape
     */
    record Bottleneck(int middle, int out, int stride, int dilation, double momentum, boolean bias,
            boolean projects) {
        static Bottleneck of(int middle, int out) {
            return new Bottleneck(middle, out, 1, 1, MOMENTUM, false, false);
        }

        Bottleneck projecting() {
            return new Bottleneck(middle, out, stride, dilation, momentum, bias, true);
        }

        Bottleneck withBias() {
            return new Bottleneck(middle, out, stride, dilation, momentum, true, projects);
        }

        /** For features of so many channels. */
        Part on(int channels) {
            return on(channels, "");
        }

        /** @param unit its name in a published network; empty where there is none */
        Part on(int channels, String unit) {
            Published names = new Published(unit);
            Part body = new Part();
            names.add(body, convolution(middle, 1, 1), "conv1");
            names.add(body, norm(momentum), "bn1");
            body.add(Layers.relu());
            names.add(body, convolution(middle, 3, dilation).stride(stride), "conv2");
            names.add(body, norm(momentum), "bn2");
            body.add(Layers.relu());
            names.add(body, convolution(out, 1, 1), "conv3");
            names.add(body, norm(momentum), "bn3");
            boolean same = stride == 1 && channels == out && !projects;
            return unit(body, same ? new Part() : names.shortcut(convolution(out, 1, 1).stride(stride), momentum));
        }

        private Layer.Conv2d convolution(int channels, int kernel, int apart) {
            Layer.Conv2d convolution = Units.biased(channels, kernel, apart);
            return bias ? convolution : convolution.withoutBias();
        }
    }

    private static Part unit(Part body, Part shortcut) {
        return new Part().addResidual(body, shortcut).add(Layers.relu());
    }

    /** Names a unit's layers as its published network does. */
    private record Published(String unit) {
        void add(Part part, Layer layer, String module) {
            if (unit.isEmpty()) {
                part.add(layer);
            } else {
                part.add(layer, unit + "." + module);
            }
        }

        Part shortcut(Layer.Conv2d convolution, double momentum) {
            Part part = new Part();
            add(part, convolution, "downsample.0");
            add(part, norm(momentum), "downsample.1");
            return part;
        }
    }
}
