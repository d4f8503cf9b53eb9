package io.gimbal.dnn;

import io.gimbal.device.Precision;
import java.util.Optional;

/**
 * What a device can do at best, for estimates.
 *
 * @param bf16Flops       multiplications and additions a second in bf16 products
 * @param tf32Flops       the same in tf32 products
 * @param float32Flops    the same in float32 without tensor cores
 * @param bytesPerSecond  of device memory, read and written
 * @param multiprocessors what runs instructions; empty where only bytes and operations are to be told
 * @param source          where the figures come from, in words
 */
public record DeviceLimits(double bf16Flops, double tf32Flops, double float32Flops, double bytesPerSecond,
        Optional<Multiprocessors> multiprocessors, String source) {
    /**
     * What runs instructions. In one clock a multiprocessor of compute capability 8.0, 9.0 or 10.0 issues an
     * instruction for a warp in each of its four parts (CUDA C++ programming guide, "Compute capabilities"), takes 128
     * bytes (4 sectors) through its first cache (Nsight Compute's documentation of {@code l1tex}), and is assumed to
     * hand 64 bytes (2 sectors) on to the second.
     *
     * @param count           how many the device has
     * @param clocksPerSecond at most
     */
    public record Multiprocessors(int count, double clocksPerSecond) {
        private static final int INSTRUCTIONS = 4;
        private static final int SECTORS = 4;
        private static final int STORED_SECTORS = 2;

        /** The shortest time for so many instructions of warps, by so many blocks. */
        public double instructionSeconds(double warpInstructions, int blocks) {
            return warpInstructions / (INSTRUCTIONS * clocksPerSecond * Math.min(count, blocks));
        }

        /** The shortest time for requests of so many sectors, by so many blocks. */
        public double requestSeconds(double loaded, double stored, int blocks) {
            double clocks = Math.max((loaded + stored) / SECTORS, stored / STORED_SECTORS);
            return clocks / (clocksPerSecond * Math.min(count, blocks));
        }
    }

    /** Multiplications and additions a second of products in a precision. */
    public double flops(Precision precision) {
        return switch (precision) {
            case FLOAT32 -> float32Flops;
            case TF32 -> tf32Flops;
            case BF16 -> bf16Flops;
        };
    }
}
