package io.gimbal.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * By what a data set is known again, so that a run that goes on later can tell whether its data are still the same.
 *
 * @param count  the number of samples
 * @param digest over all that decides which samples these are, in their order
 */
public record DataIdentity(int count, String digest) {
    /**
     * Of parts that tell a set from any other, such as its samples' names and sizes in order.
     *
     * @param count how many samples there are
     * @param parts written by their {@code toString}
     * @return the identity
     */
    public static DataIdentity of(int count, Iterable<?> parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Object part : parts) {
                digest.update(part.toString().getBytes(StandardCharsets.UTF_8));
                digest.update((byte) '\n');
            }
            return new DataIdentity(count, HexFormat.of().formatHex(digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
