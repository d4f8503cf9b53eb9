package io.gimbal.ranks;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes sealed frames. For one thread. */
final class FrameOutput {
    private static final int BUFFER_BYTES = 1 << 16;

    private final OutputStream out;
    private final Seal seal;

    FrameOutput(OutputStream out, byte[] key) {
        this.out = new BufferedOutputStream(out, BUFFER_BYTES);
        seal = new Seal(key);
    }

    void write(FrameKind kind, byte[] payload) throws IOException {
        part(ByteBuffer.allocate(Frame.HEAD_BYTES).putInt(payload.length).put((byte) kind.ordinal()).array());
        if (payload.length > 0) {
            part(payload);
        }
        out.flush();
    }

    private void part(byte[] bytes) throws IOException {
        out.write(bytes);
        out.write(seal.next(bytes));
    }
}
