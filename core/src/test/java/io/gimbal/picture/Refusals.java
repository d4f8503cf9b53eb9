package io.gimbal.picture;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.nio.file.Path;
import java.util.function.Function;

/** Pictures of given bytes, read and refused. */
final class Refusals {
    static final String DUE = "Save it as it is due.";

    private static final Path PATH = Path.of("folder", "picture");

    private Refusals() { }

    static PictureFile open(byte[] bytes) {
        return PictureFile.of(PATH, bytes);
    }

    static PictureFile open(byte[] bytes, ArrayChoice choice) {
        return PictureFile.of(PATH, bytes, choice);
    }

    static void assertRefused(byte[] bytes, Function<PictureFile, ?> reading, String... parts) {
        assertRefused(() -> reading.apply(open(bytes)), PATH, parts);
    }

    static void assertRefused(Runnable reading, Path named, String... parts) {
        UserException refusal = assertThrows(UserException.class, reading::run);
        assertTrue(refusal.getMessage().startsWith(named + ": "), refusal.getMessage());
        for (String part : parts) {
            assertTrue(refusal.getMessage().contains(part), "'" + part + "' in: " + refusal.getMessage());
        }
    }
}
