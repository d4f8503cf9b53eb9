package io.gimbal.ranks;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** Reads sealed frames. For one thread. */
final class FrameInput {
    private static final FrameKind[] KINDS = FrameKind.values();
    private static final int BUFFER_BYTES = 1 << 16;
    private static final byte[] NOTHING = {};

    private final DataInputStream in;
    private final Seal seal;

    /** What came is not what the other rank sent. */
    static final class ChangedException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    FrameInput(InputStream in, byte[] key) {
        this.in = new DataInputStream(new BufferedInputStream(in, BUFFER_BYTES));
        seal = new Seal(key);
    }

    /**
     * Waits for the next.
     *
     * @throws ChangedException if it is not as it was sent
     * @throws IOException      if it does not come
     */
    Frame read() throws IOException {
        ByteBuffer head = ByteBuffer.wrap(part(Frame.HEAD_BYTES));
        int length = head.getInt();
        byte kind = head.get();
        if (length < 0 || length > Frame.MOST_BYTES || kind < 0 || kind >= KINDS.length) {
            throw new ChangedException();
        }
        return new Frame(KINDS[kind], length == 0 ? NOTHING : part(length));
    }

    private byte[] part(int length) throws IOException {
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        byte[] sealed = new byte[Seal.BYTES];
        in.readFully(sealed);
        if (!MessageDigest.isEqual(sealed, seal.next(bytes))) {
            throw new ChangedException();
        }
        return bytes;
    }
}
