package io.gimbal.engine;

import java.util.Arrays;

/**
 * A learned tensor: its name and shape as files have them, and where it lies in the flat parameter buffer.
 *
 * <p>Convolution filters are out, in, height, width in files and out, height, width, in on the device; all others lie
 * alike in both.
 */
public final class Parameter {
    private final String name;
    private final int[] shape;
    private final double uniformBound;
    private final float constant;
    private long offset;

    private Parameter(String name, int[] shape, double uniformBound, float constant) {
        this.name = name;
        this.shape = shape;
        this.uniformBound = uniformBound;
        this.constant = constant;
    }

    /** Starts uniformly in plus or minus 1 / sqrt(fanIn), as PyTorch's convolutions and linear layers do. */
    static Parameter uniform(String name, int fanIn, int... shape) {
        return new Parameter(name, shape, 1 / Math.sqrt(fanIn), 0);
    }

    /** Starts at one value everywhere. */
    static Parameter constant(String name, float value, int... shape) {
        return new Parameter(name, shape, 0, value);
    }

    public String name() {
        return name;
    }

    /** The shape in files. */
    public long[] shape() {
        return Arrays.stream(shape).asLongStream().toArray();
    }

    public int count() {
        int count = 1;
        for (int size : shape) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }

    long offset() {
        return offset;
    }

    void place(long newOffset) {
        offset = newOffset;
    }

    /** The start values in the files' order; the same for the same seed and name. */
    float[] initialValues(long seed) {
        float[] values = new float[count()];
        if (uniformBound == 0) {
            Arrays.fill(values, constant);
            return values;
        }
        java.util.SplittableRandom random = new java.util.SplittableRandom(seed * 0x9E3779B97F4A7C15L
                + name.hashCode());
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((2 * random.nextDouble() - 1) * uniformBound);
        }
        return values;
    }

    /** From the files' order to the device's. */
    float[] toDevice(float[] file) {
        return shape.length == 4 ? reorder(file, true) : file;
    }

    /** From the device's order to the files'. */
    float[] toFile(float[] device) {
        return shape.length == 4 ? reorder(device, false) : device;
    }

    private float[] reorder(float[] from, boolean toDevice) {
        int in = shape[1];
        int places = shape[2] * shape[3];
        float[] to = new float[from.length];
        for (int out = 0; out < shape[0]; out++) {
            for (int channel = 0; channel < in; channel++) {
                for (int place = 0; place < places; place++) {
                    int inFile = (out * in + channel) * places + place;
                    int onDevice = (out * places + place) * in + channel;
                    to[toDevice ? onDevice : inFile] = from[toDevice ? inFile : onDevice];
                }
            }
        }
        return to;
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape);
    }
}
