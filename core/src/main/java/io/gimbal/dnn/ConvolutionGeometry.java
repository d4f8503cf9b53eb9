package io.gimbal.dnn;

/**
 * The dimensions of one convolution: square kernels, the same stride, padding and dilation in both directions.
 *
 * @param groups how many parts the channels are cut into, each with filters of its own: images have {@code in}
 *     channels, filters [out, kernel, kernel, in / groups]
 */
public record ConvolutionGeometry(int batch, int height, int width, int in, int out, int kernel, int stride,
        int padding, int dilation, int groups) {
    public ConvolutionGeometry {
        if (groups < 1 || in % groups != 0 || out % groups != 0) {
            throw new IllegalArgumentException(in + " and " + out + " channels are not to be cut into " + groups
                    + " groups");
        }
    }

    /** Of one group. */
    public ConvolutionGeometry(int batch, int height, int width, int in, int out, int kernel, int stride, int padding,
            int dilation) {
        this(batch, height, width, in, out, kernel, stride, padding, dilation, 1);
    }

    int outHeight() {
        return outSize(height);
    }

    int outWidth() {
        return outSize(width);
    }

    /** How many windows fit along a padded side; not positive where none does. */
    public static long windows(int size, int kernel, int stride, int padding, int dilation) {
        return Math.floorDiv(size + 2L * padding - (long) dilation * (kernel - 1) - 1, stride) + 1;
    }

    private int outSize(int size) {
        return (int) windows(size, kernel, stride, padding, dilation);
    }

    public ConvolutionGeometry withBatch(int otherBatch) {
        return new ConvolutionGeometry(otherBatch, height, width, in, out, kernel, stride, padding, dilation,
                groups);
    }

    public ConvolutionGeometry withOut(int otherOut) {
        return new ConvolutionGeometry(batch, height, width, in, otherOut, kernel, stride, padding, dilation,
                groups);
    }

    public ConvolutionGeometry withIn(int otherIn) {
        return new ConvolutionGeometry(batch, height, width, otherIn, out, kernel, stride, padding, dilation, groups);
    }

    /** Cut into that many groups, each of which reads as many channels of its own as this one reads in all. */
    public ConvolutionGeometry inGroups(int count) {
        return new ConvolutionGeometry(batch, height, width, in * count, out, kernel, stride, padding, dilation, count);
    }

    /** Whether each place is a product of its own: 1 x 1 filters, every place once. */
    public boolean pointwise() {
        return kernel == 1 && stride == 1 && padding == 0;
    }

    /** Elements of the images. */
    public long inputElements() {
        return (long) batch * height * width * in;
    }

    /** Elements of the filter. */
    public long filterElements() {
        return (long) out * kernel * kernel * (in / groups);
    }

    /** Elements of the output. */
    public long outputElements() {
        return (long) batch * outHeight() * outWidth() * out;
    }

    /** Multiplications and additions of each of the three products; those with padding count too. */
    public double operations() {
        return 2.0 * outputElements() * kernel * kernel * (in / groups);
    }

    /** The dimensions in words; a stride, dilation or group of 1 and a padding of 0 are left out. */
    public String describe() {
        return "%d x %d x %d x %d -> %d, %d x %d".formatted(batch, in, height, width, out, kernel, kernel)
                + (stride == 1 ? "" : ", stride " + stride) + (padding == 0 ? "" : ", padding " + padding)
                + (dilation == 1 ? "" : ", dilation " + dilation) + (groups == 1 ? "" : ", groups " + groups);
    }
}
