package io.gimbal.engine;

import io.gimbal.config.UserException;
import java.util.function.LongUnaryOperator;

/** The bound of what lies in one buffer of Java's: its places are numbered by {@code int}. */
final class HostBuffer {
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    private HostBuffer() { }

    /**
     * Refuses a batch that would not fit one buffer.
     *
     * @param what  what the buffer is for, as in "the images and labels"
     * @param bytes of that many examples; grows with them
     * @throws UserException with the bytes that it takes and the largest batch that fits
     */
    static void requireRoom(String what, int examples, LongUnaryOperator bytes) {
        if (bytes.applyAsLong(examples) <= MOST_BYTES) {
            return;
        }
        int fits = 0;
        int tooMany = examples;
        while (tooMany - fits > 1) {
            int middle = fits + (tooMany - fits) / 2;
            if (bytes.applyAsLong(middle) <= MOST_BYTES) {
                fits = middle;
            } else {
                tooMany = middle;
            }
        }
        throw new UserException("A batch of " + examples + " examples (data.batch) takes "
                + bytes.applyAsLong(examples) + " bytes for " + what + ", and at most " + MOST_BYTES
                + " lie in a buffer: " + (fits > 0 ? "take at most " + fits + " examples."
                : "one example alone is too large, so make the input smaller."));
    }
}
