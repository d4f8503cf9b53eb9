package io.gimbal.ranks;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** How long a rank waits yet, and when it says so next. For one thread. */
final class Patience {
    private final Duration most;
    private final Timing timing;
    private final Consumer<String> progress;
    private final long begun = System.nanoTime();
    /** Nanoseconds after the beginning. */
    private long nextNote;

    Patience(Duration most, Timing timing, Consumer<String> progress) {
        this.most = most;
        this.timing = timing;
        this.progress = progress;
        nextNote = timing.firstNote().toNanos();
    }

    /** Nanoseconds until it ends; not above 0 when it has. */
    long left() {
        return most.toNanos() - passed();
    }

    /** Nanoseconds until something is to be done: a note, or the end; at least 1. */
    long untilNext() {
        return Math.max(1, Math.min(left(), nextNote - passed()));
    }

    /** Says what is waited for, where it is time. */
    void note(Supplier<String> sentence) {
        if (passed() >= nextNote) {
            progress.accept(sentence.get());
            nextNote = passed() + timing.nextNotes().toNanos();
        }
    }

    /** For a sentence: "600 s". */
    String describe() {
        return most.toSeconds() > 0 ? most.toSeconds() + " s" : most.toMillis() + " ms";
    }

    private long passed() {
        return System.nanoTime() - begun;
    }
}
