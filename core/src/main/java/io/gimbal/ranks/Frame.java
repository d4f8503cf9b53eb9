package io.gimbal.ranks;

/**
 * What one rank tells another at a time. On the wire it is a head of five bytes, which is the payload's length and the
 * kind, and its {@linkplain Seal seal}; and where there is a payload, that and its seal. The head has a seal of its own
 * so that nobody is made to wait for, or to find room for, what does not come.
 *
 * @param kind    which of these it is
 * @param payload the rest
 */
record Frame(FrameKind kind, byte[] payload) {
    static final int HEAD_BYTES = Integer.BYTES + 1;
    /** Most bytes of a payload. */
    static final int MOST_BYTES = 16 << 20;
}
