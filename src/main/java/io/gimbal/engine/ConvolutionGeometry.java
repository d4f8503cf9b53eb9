package io.gimbal.engine;

/** The dimensions of one convolution: square kernels, the same stride, padding and dilation in both directions. */
record ConvolutionGeometry(int batch, int height, int width, int in, int out, int kernel, int stride, int padding,
        int dilation) {
    int outHeight() {
        return outSize(height);
    }

    int outWidth() {
        return outSize(width);
    }

    /** How many windows fit along a padded side; not positive where none does. */
    static long windows(int size, int kernel, int stride, int padding, int dilation) {
        return Math.floorDiv(size + 2L * padding - (long) dilation * (kernel - 1) - 1, stride) + 1;
    }

    private int outSize(int size) {
        return (int) windows(size, kernel, stride, padding, dilation);
    }

    ConvolutionGeometry withBatch(int otherBatch) {
        return new ConvolutionGeometry(otherBatch, height, width, in, out, kernel, stride, padding, dilation);
    }

    ConvolutionGeometry withIn(int otherIn) {
        return new ConvolutionGeometry(batch, height, width, otherIn, out, kernel, stride, padding, dilation);
    }

    ConvolutionGeometry withOut(int otherOut) {
        return new ConvolutionGeometry(batch, height, width, in, otherOut, kernel, stride, padding, dilation);
    }

    String describe() {
        return "%d x %d x %d x %d -> %d, %d x %d, stride %d, padding %d, dilation %d".formatted(batch, in, height,
                width, out, kernel, kernel, stride,
                padding, dilation);
    }
}
