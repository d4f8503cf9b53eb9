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
    private int paddedOut;
    private int paddedIn;

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

    /** Whether it is a convolution's filters: four dimensions. */
    boolean filter() {
        return shape.length == 4;
    }

    /** Whether products read it: filters, and the weights of linear layers. */
    boolean factor() {
        return shape.length > 1;
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

    /**
     * Gives it more output and input channels on the device than files have; the added values are zero and stay so,
     * since what they meet is zero.
     */
    void pad(int out, int in) {
        paddedOut = out;
        paddedIn = in;
    }

    /** Values on the device. */
    int deviceCount() {
        return count() / (outs() * ins()) * deviceOuts() * deviceIns();
    }

    private int outs() {
        return shape[0];
    }

    private int ins() {
        return shape.length > 1 ? shape[1] : 1;
    }

    private int deviceOuts() {
        return Math.max(outs(), paddedOut);
    }

    private int deviceIns() {
        return Math.max(ins(), paddedIn);
    }

    /** From the files' order to the device's. */
    float[] toDevice(float[] file) {
        float[] device = new float[deviceCount()];
        eachValue((inFile, onDevice) -> device[onDevice] = file[inFile]);
        return device;
    }

    /** From the device's order to the files'. */
    float[] toFile(float[] device) {
        float[] file = new float[count()];
        eachValue((inFile, onDevice) -> file[inFile] = device[onDevice]);
        return file;
    }

    private interface Places {
        void at(int inFile, int onDevice);
    }

    private void eachValue(Places places) {
        int spots = count() / (outs() * ins());
        for (int out = 0; out < outs(); out++) {
            for (int in = 0; in < ins(); in++) {
                for (int spot = 0; spot < spots; spot++) {
                    places.at((out * ins() + in) * spots + spot, (out * spots + spot) * deviceIns() + in);
                }
            }
        }
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape);
    }
}
