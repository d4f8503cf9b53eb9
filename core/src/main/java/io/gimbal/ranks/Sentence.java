package io.gimbal.ranks;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What one rank tells another in words: on one line, and not too long. */
final class Sentence {
    private static final int MOST_CHARACTERS = 1000;
    private static final String CUT = "...";
    /** No character has more in UTF-8. */
    private static final int MOST_BYTES = 3 * MOST_CHARACTERS;

    private Sentence() {}

    static byte[] encode(String sentence) {
        return tame(sentence).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Whatever stands in the bytes.
     *
     * @param bytes from another process
     */
    static String decode(byte[] bytes) {
        return tame(StandardCharsets.UTF_8.decode(ByteBuffer.wrap(bytes)).toString());
    }

    /** Most bytes that {@link #encode} makes. */
    static int mostBytes() {
        return MOST_BYTES;
    }

    /** Control characters could change what a terminal shows. */
    private static String tame(String sentence) {
        String line = sentence.replaceAll("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]+", " ").strip();
        if (line.length() <= MOST_CHARACTERS) {
            return line;
        }
        int end = MOST_CHARACTERS - CUT.length();
        return line.substring(0, Character.isHighSurrogate(line.charAt(end - 1)) ? end - 1 : end) + CUT;
    }
}
