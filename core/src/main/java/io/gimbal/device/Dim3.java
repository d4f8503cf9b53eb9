package io.gimbal.device;

/**
 * The size of a grid in blocks, or of a block in threads, as CUDA's {@code dim3}. Immutable.
 *
 * @param x along the first direction, at least 1; so are the others
 * @param y along the second
 * @param z along the third
 */
public record Dim3(int x, int y, int z) {
    /** Refuses a size below 1. */
    public Dim3 {
        if (x < 1 || y < 1 || z < 1) {
            throw new IllegalArgumentException("a grid or block of " + x + " x " + y + " x " + z
                    + " has nothing in it");
        }
    }

    /** {@return how many blocks or threads that are in all} */
    public long count() {
        return (long) x * y * z;
    }

    /** As it is written: "256", "32x8", "4x4x4". */
    @Override
    public String toString() {
        return x + (y > 1 || z > 1 ? "x" + y : "") + (z > 1 ? "x" + z : "");
    }
}
