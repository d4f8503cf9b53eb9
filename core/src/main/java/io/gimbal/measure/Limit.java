package io.gimbal.measure;

import java.util.Locale;

/** What a piece of work waits for, were all else free. */
public enum Limit {
    /** Device memory: bytes. */
    MEMORY,
    /** The caches of multiprocessors: sectors that warps ask for. */
    REQUESTS,
    /** The schedulers of multiprocessors: instructions of warps. */
    INSTRUCTIONS,
    /** Additions and multiplications. */
    ARITHMETIC;

    /** {@return its name in words} */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
