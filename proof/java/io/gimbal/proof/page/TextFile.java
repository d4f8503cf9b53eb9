package io.gimbal.proof.page;

import io.gimbal.config.FileFailures;
import io.gimbal.proof.ProofException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of the proof's results. */
public final class TextFile {
    private TextFile() {}

    /** Writes a text, in place of what was there. */
    public static void write(Path file, CharSequence text) {
        try {
            Files.writeString(file, text);
        } catch (IOException unwritable) {
            throw new ProofException(file + " cannot be written: " + FileFailures.reason(file, unwritable)
                    + "; name another folder with --out");
        }
    }

    /** A name as that of a file: letters, digits and dashes. */
    public static String named(String name) {
        return name.replaceAll("[^A-Za-z0-9]+", "-").toLowerCase(java.util.Locale.ROOT);
    }
}
