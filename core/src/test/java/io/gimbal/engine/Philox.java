package io.gimbal.engine;

/** Philox4x32-10 (Salmon et al., SC 2011), the plain way: the twin of {@code kernels/random.cuh}. */
public final class Philox {
    private static final long WORD = 0xffffffffL;

    private Philox() {}

    /** Four words of 32 bits from a counter of four and a key of two. */
    static long[] words(long[] counter, long[] key) {
        long[] c = counter.clone();
        long[] k = key.clone();
        for (int round = 0; round < 10; round++) {
            long first = 0xd2511f53L * c[0];
            long second = 0xcd9e8d57L * c[2];
            c = new long[] {second >>> 32 ^ c[1] ^ k[0], second & WORD, first >>> 32 ^ c[3] ^ k[1], first & WORD};
            k[0] = k[0] + 0x9e3779b9L & WORD;
            k[1] = k[1] + 0xbb67ae85L & WORD;
        }
        return c;
    }

    /** Word i of a stream at a step. */
    public static long word(long i, int stream, long step, long seed) {
        return words(new long[] {i / 4, stream, step & WORD, step >>> 32}, new long[] {seed & WORD, seed >>> 32})[
                (int) (i % 4)];
    }
}
