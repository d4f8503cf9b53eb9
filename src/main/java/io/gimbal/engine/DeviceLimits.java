package io.gimbal.engine;

/**
 * What a device can do at best, for estimates.
 *
 * @param bf16Flops      multiplications and additions a second in bf16 products
 * @param tf32Flops      the same in tf32 products
 * @param float32Flops   the same in float32 without tensor cores
 * @param bytesPerSecond of device memory, read and written
 * @param source         where the figures come from, in words
 */
public record DeviceLimits(double bf16Flops, double tf32Flops, double float32Flops, double bytesPerSecond,
        String source) {
    /** Multiplications and additions a second of products in a precision. */
    double flops(Precision precision) {
        return switch (precision) {
            case FLOAT32 -> float32Flops;
            case TF32 -> tf32Flops;
            case BF16 -> bf16Flops;
        };
    }

    /** The shortest time for so many operations and bytes, one beside the other. */
    double seconds(double operations, Precision precision, double bytes) {
        return Math.max(operations / flops(precision), bytes / bytesPerSecond);
    }
}
