package io.gimbal.data;

/**
 * A small generator of our own (SplitMix64; Steele, Lea, Flood, OOPSLA 2014), so that a seed means the same data on
 * every version of Java. Not thread-safe: each user makes its own.
 */
final class Randomness {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private long state;

    /** A stream of numbers that is a function of the keys and of their order alone. */
    Randomness(long... keys) {
        for (long key : keys) {
            state = mix(state + GOLDEN + mix(key + GOLDEN));
        }
    }

    static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    long nextLong() {
        state += GOLDEN;
        return mix(state);
    }

    /** Uniform in [0, 1). */
    float nextFloat() {
        return (nextLong() >>> 40) * 0x1p-24f;
    }

    /** Uniform in [low, high). */
    float between(float low, float high) {
        return low + (high - low) * nextFloat();
    }

    /** Uniform in [low, high), with all the digits of a double. */
    double uniform(double low, double high) {
        return low + (high - low) * ((nextLong() >>> 11) * 0x1p-53);
    }

    /** Uniform from 0 to bound - 1, without bias that matters: bound is far below 2^32. */
    int below(int bound) {
        return (int) (((nextLong() >>> 32) * bound) >>> 32);
    }

    boolean chance(float probability) {
        return nextFloat() < probability;
    }
}
