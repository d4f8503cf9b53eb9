package io.gimbal.ranks;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What the parts of one direction are sealed with: each with its number, so that none can be changed, left out, put in
 * or sent twice. For one thread.
 */
final class Seal {
    /** Of HMAC-SHA256's 32 bytes; RFC 2104 asks for at least half. */
    static final int BYTES = 16;

    private static final String ALGORITHM = "HmacSHA256";

    private final Mac mac;
    private long number;

    Seal(byte[] key) {
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every Java has " + ALGORITHM, missing);
        }
    }

    /** The seal of the next part. */
    byte[] next(byte[] part) {
        mac.update(ByteBuffer.allocate(Long.BYTES).putLong(number++).array());
        return Arrays.copyOf(mac.doFinal(part), BYTES);
    }
}
