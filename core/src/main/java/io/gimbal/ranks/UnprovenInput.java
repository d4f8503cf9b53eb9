package io.gimbal.ranks;

import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;

/**
 * What comes from a process that has proven nothing yet: never more is read than is asked for, and never beyond a
 * moment, however slowly it comes.
 */
final class UnprovenInput {
    private static final long NANOSECONDS = 1_000_000;

    private final Socket socket;
    private final long end;

    UnprovenInput(Socket socket, Duration most) {
        this.socket = socket;
        this.end = System.nanoTime() + most.toNanos();
    }

    byte[] read(int length) throws IOException {
        byte[] bytes = new byte[length];
        int at = 0;
        while (at < length) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                throw new SocketTimeoutException("took too long");
            }
            socket.setSoTimeout((int) Math.max(1, left / NANOSECONDS));
            int read = socket.getInputStream().read(bytes, at, length - at);
            if (read < 0) {
                throw new EOFException("ended early");
            }
            at += read;
        }
        return bytes;
    }
}
