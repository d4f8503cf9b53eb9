package io.gimbal.device;

import java.util.Arrays;
import java.util.Optional;

/**
 * What a network's tensors are in memory, and what its products are computed in. Parameters, sums, statistics, losses
 * and the balancing are float32 (or more) in each.
 */
public enum Precision {
    /** float32 throughout; no tensor cores. */
    FLOAT32("float32", Float.BYTES, ""),
    /** float32 in memory; products may round their inputs to tf32, which keeps 10 bits of the fraction. */
    TF32("tf32", Float.BYTES, ""),
    /** Activations, their cotangents and the filters' copies in bf16; products add up in float32. */
    BF16("bf16", BFloat16.BYTES, "_bf16");

    private static final int FLOAT32_INFINITE = 0x7f800000;
    /** Half of a unit above the largest bf16: it is rounded up. */
    private static final int BF16_INFINITE = 0x7f7f8000;

    private final String text;
    private final int bytes;
    private final String suffix;

    Precision(String text, int bytes, String suffix) {
        this.text = text;
        this.bytes = bytes;
        this.suffix = suffix;
    }

    /**
     * {@return the next multiple of 8: below it cuDNN's bf16 engines copy a tensor into a padded workspace}
     *
     * @param channels at least 1
     */
    public static int paddedChannels(int channels) {
        return (channels + 7) / 8 * 8;
    }

    /** {@return its name in configurations} */
    public String text() {
        return text;
    }

    /**
     * The one of that name.
     *
     * @param text as in a configuration
     * @return the precision, or nothing
     */
    public static Optional<Precision> named(String text) {
        return Arrays.stream(values()).filter(precision -> precision.text.equals(text)).findFirst();
    }

    /** {@return bytes of an activation's element} */
    public int bytes() {
        return bytes;
    }

    /** {@return the bits of the least float32 that is infinite as an activation's element} */
    public int infiniteBits() {
        return this == BF16 ? BF16_INFINITE : FLOAT32_INFINITE;
    }

    /** {@return whether products read bf16 copies of their parameters, and filters' gradients are bf16} */
    public boolean low() {
        return this == BF16;
    }

    /**
     * {@return the kernel of a pair (see {@code KERNELS} in {@code common.cuh}) that is for these elements}
     *
     * @param pair the name of the one for float32
     */
    public String kernel(String pair) {
        return pair + suffix;
    }
}
