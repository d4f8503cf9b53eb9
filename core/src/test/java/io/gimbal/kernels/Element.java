package io.gimbal.kernels;

import io.gimbal.device.BFloat16;
import io.gimbal.kernels.KernelRun.Array;

/** What a tensor's elements are in memory: a kernel of a pair is tested over both. */
enum Element {
    FLOAT32("", 0),
    BF16("_bf16", 0x1p-8 / Numbers.UNIT);

    private final String suffix;
    private final double units;

    Element(String suffix, double units) {
        this.suffix = suffix;
        this.units = units;
    }

    /** A pair's kernel for these elements. */
    String kernel(String name) {
        return name + suffix;
    }

    /** Rounding units of float32 that storing a value in these elements may cost on top. */
    double units() {
        return units;
    }

    int bytes() {
        return this == BF16 ? BFloat16.BYTES : Float.BYTES;
    }

    /** The values as they are once they have been stored. */
    float[] rounded(float... values) {
        float[] rounded = values.clone();
        for (int i = 0; this == BF16 && i < rounded.length; i++) {
            rounded[i] = BFloat16.rounded(rounded[i]);
        }
        return rounded;
    }

    Array array(KernelRun run, float... values) {
        return this == BF16 ? run.bf16(values) : run.floats(values);
    }

    Array output(KernelRun run, long elements) {
        return this == BF16 ? run.outputBf16(elements) : run.output(elements);
    }

    float[] values(Array array) {
        return this == BF16 ? array.bf16() : array.floats();
    }
}
