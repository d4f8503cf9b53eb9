package io.gimbal.survey;

import io.gimbal.config.FileFailures;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The first half of a file's SHA-256: two files that have the same are the same. */
record Fingerprint(long first, long second) {
    private static final int BUFFER = 1 << 16;

    /** @throws io.gimbal.config.UserException if it cannot be read; names it */
    static Fingerprint of(Path file) {
        try (InputStream bytes = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[BUFFER];
            for (int read = bytes.read(buffer); read >= 0; read = bytes.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            ByteBuffer sum = ByteBuffer.wrap(digest.digest());
            return new Fingerprint(sum.getLong(), sum.getLong());
        } catch (IOException failure) {
            throw FileFailures.reading(file, failure);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
