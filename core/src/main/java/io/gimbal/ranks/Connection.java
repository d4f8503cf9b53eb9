package io.gimbal.ranks;

import io.gimbal.storage.Uninterrupted;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A connection to a rank that was let in. One thread reads its frames, one writes, and says each second that this rank
 * lives where nothing else is to be said. They are platform threads, since virtual ones would wait behind others that
 * compute, and daemons. Thread-safe.
 */
final class Connection {
    private static final byte[] NOTHING = {};

    private final Socket socket;
    private final Timing timing;
    private final byte[] own;
    private final byte[] others;
    private final BlockingQueue<Outgoing> outgoing = new LinkedBlockingQueue<>();
    private final CountDownLatch readerEnded = new CountDownLatch(1);
    private final CountDownLatch writerEnded = new CountDownLatch(1);

    /** What is told of a connection, by its reading thread. */
    interface Listener {
        /** A frame came, which is no heartbeat. */
        void received(Frame frame);

        /**
         * Nothing more comes; told once, as the last.
         *
         * @param how such as "ended without a word"
         */
        void ended(String how);
    }

    /** A frame to be written. The last is the one behind which nothing more is said. */
    private record Outgoing(Frame frame, boolean last, CountDownLatch written) {}

    /**
     * @param socket is closed with this
     * @param own    the key of what this rank says
     * @param others the key of what it is told
     */
    Connection(Socket socket, byte[] own, byte[] others, Timing timing) {
        this.socket = socket;
        this.own = own;
        this.others = others;
        this.timing = timing;
    }

    /**
     * Begins to read and write.
     *
     * @param title such as "rank 0 and rank 2", for the threads' names
     */
    void start(String title, Listener listener) {
        Thread.ofPlatform().daemon().name(title + ": writes").start(this::write);
        Thread.ofPlatform().daemon().name(title + ": reads").start(() -> read(listener));
    }

    /** Puts a frame behind those that wait to be written, and returns what is counted down once it is, or cannot be. */
    CountDownLatch send(FrameKind kind, byte[] payload) {
        return put(new Outgoing(new Frame(kind, payload), false, new CountDownLatch(1)));
    }

    /** The same with the last that is said. */
    void sendLast(FrameKind kind, byte[] payload) {
        put(new Outgoing(new Frame(kind, payload), true, new CountDownLatch(1)));
    }

    private CountDownLatch put(Outgoing frame) {
        outgoing.add(frame);
        if (writerEnded.getCount() == 0) {
            frame.written().countDown();
        }
        return frame.written();
    }

    /**
     * Waits until both have said their last, and closes.
     *
     * @param moment at which it is closed anyway, by {@link System#nanoTime}
     */
    void closeAfterwards(long moment) {
        await(readerEnded, moment);
        close();
        await(writerEnded, moment + timing.farewell().toNanos());
    }

    private static void await(CountDownLatch latch, long moment) {
        Uninterrupted.await(() -> latch.await(moment - System.nanoTime(), TimeUnit.NANOSECONDS));
    }

    /** Closes it at once. */
    void close() {
        sendLast(FrameKind.GOODBYE, NOTHING);
        closeSocket();
    }

    private void closeSocket() {
        try {
            socket.close();
        } catch (IOException closed) {
            // Nothing is lost by it: what had to be said was said before.
        }
    }

    private void write() {
        try {
            FrameOutput out = new FrameOutput(socket.getOutputStream(), own);
            boolean more = true;
            while (more) {
                more = writeNext(out);
            }
            socket.shutdownOutput();
        } catch (IOException | InterruptedException gone) {
            // The reader notices it, too, but first reads what the other had to say.
        } finally {
            writerEnded.countDown();
            outgoing.forEach(waiting -> waiting.written().countDown());
        }
    }

    /** Whether more is to be said. */
    private boolean writeNext(FrameOutput out) throws IOException, InterruptedException {
        Outgoing next = outgoing.poll(timing.heartbeat().toNanos(), TimeUnit.NANOSECONDS);
        if (next == null) {
            out.write(FrameKind.HEARTBEAT, NOTHING);
            return true;
        }
        try {
            out.write(next.frame().kind(), next.frame().payload());
        } finally {
            next.written().countDown();
        }
        return !next.last();
    }

    private void read(Listener listener) {
        String how = "cannot be read from any more";
        try {
            socket.setSoTimeout(Math.toIntExact(timing.silence().toMillis()));
            FrameInput in = new FrameInput(socket.getInputStream(), others);
            while (true) {
                Frame frame = in.read();
                if (frame.kind() != FrameKind.HEARTBEAT) {
                    listener.received(frame);
                }
            }
        } catch (SocketTimeoutException silent) {
            how = "has not been heard of for " + timing.silence().toSeconds() + " s";
        } catch (FrameInput.ChangedException changed) {
            how = "is cut off: what came from it was changed on its way";
        } catch (IOException gone) {
            how = "ended without a word";
        } catch (RuntimeException misunderstood) {
            how = "is cut off: what it said is not understood (" + misunderstood + ")";
        } finally {
            // Told first: where the other only fell silent, it may yet be told so.
            listener.ended(how);
            close();
            readerEnded.countDown();
        }
    }
}
