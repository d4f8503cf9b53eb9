package io.gimbal.measure;

/**
 * Tells when repeated work has become as fast as it gets: when in two slices of it in a row Java's compiler had little
 * to do, and none was more than 3 % faster than the fastest before. Java compiles what runs often, and again what runs
 * more often still; on a busy machine the compiler comes late.
 */
final class WarmUp {
    /** A warm-up that has not come to rest by then ends all the same. */
    static final int MOST_SLICES = 30;
    private static final int EVEN_SLICES = 2;
    private static final double FASTER = 0.97;
    private static final double LITTLE = 0.05;

    private double fastest = Double.POSITIVE_INFINITY;
    private int even;
    private int slices;

    /**
     * Takes the next slice.
     *
     * @param seconds   what a piece of the work took
     * @param compiling the compiler's time over the slice's
     */
    void slice(double seconds, double compiling) {
        even = seconds < FASTER * fastest || compiling > LITTLE ? 0 : even + 1;
        fastest = Math.min(fastest, seconds);
        slices++;
    }

    boolean over() {
        return steady() || slices == MOST_SLICES;
    }

    boolean steady() {
        return even >= EVEN_SLICES;
    }
}
