package io.gimbal.ranks;

/**
 * What two ranks seal their frames with, new for each connection; a key a direction, so that no frame can be sent back.
 *
 * @param fromRankZero for what rank 0 says
 * @param toRankZero   for what it is told
 */
record SessionKeys(byte[] fromRankZero, byte[] toRankZero) {
    /** From the secret and all that was said in the meeting, the nonces of both among it. */
    static SessionKeys derive(Secret secret, byte[]... said) {
        return new SessionKeys(secret.authenticate("gimbal ranks: frames from rank 0\n", said),
                secret.authenticate("gimbal ranks: frames to rank 0\n", said));
    }
}
