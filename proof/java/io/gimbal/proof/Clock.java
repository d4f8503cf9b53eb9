package io.gimbal.proof;

/** What is left of a phase's time. */
public final class Clock {
    private final long begin = System.nanoTime();
    private final long seconds;

    public Clock(long seconds) {
        this.seconds = seconds;
    }

    public double passed() {
        return (System.nanoTime() - begin) / 1e9;
    }

    /** Whole seconds that are left; never less than 0. */
    public long left() {
        return Math.max(0, (long) (seconds - passed()));
    }

    /** What is left, but no more than that. */
    public long atMost(long most) {
        return Math.min(left(), most);
    }
}
