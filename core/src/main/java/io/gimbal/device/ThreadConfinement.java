package io.gimbal.device;

import java.util.ArrayList;
import java.util.List;

/**
 * Holds an object that is for one thread at a time to one thread, and ends it once.
 *
 * <p>The object belongs to the first thread that uses it, until that thread has ended or calls {@link #handOver}. To
 * any other thread every use is refused, whether a call is under way or not: calls that belong together, such as those
 * that write, run and read, are never those of two threads. Any thread may close the object while no call is under way.
 *
 * <p>Thread-safe; a call costs a lock that nobody else wants, some 20 nanoseconds, and makes no object.
 */
public final class ThreadConfinement implements AutoCloseable {
    private final String title;
    private final Device device;
    private final Runnable release;
    private final boolean handedOver;
    private final Call call = this::leave;
    private Thread owner;
    private int calls;
    private boolean closed;

    /** A call, which is under way until this is closed. */
    public interface Call extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * For an object that a thread makes for itself: it needs no device, and is not handed over.
     *
     * @param title what messages call it, such as "the metric"
     */
    public ThreadConfinement(String title) {
        this(null, title, () -> { }, false);
    }

    /**
     * For an object that needs no device, but may have something to give back.
     *
     * @param title   what messages call it
     * @param release gives back what it has; run once, by {@link #close}
     */
    public ThreadConfinement(String title, Runnable release) {
        this(null, title, release, true);
    }

    /**
     * For an object that has parts on a device: where it is still open when the device is closed, that closes it first,
     * and is refused while another thread is inside a call of it.
     *
     * @param device  that the parts are on
     * @param title   what messages call it, such as "the training step"
     * @param release gives its parts back; run once, by {@link #close}
     * @throws IllegalStateException if the device is closed
     */
    public ThreadConfinement(Device device, String title, Runnable release) {
        this(device, title, release, true);
    }

    private ThreadConfinement(Device device, String title, Runnable release, boolean handedOver) {
        this.title = title;
        this.handedOver = handedOver;
        this.device = device;
        this.release = release;
        if (device != null) {
            device.adopt(this);
        }
    }

    /**
     * Begins a call. Calls may lie in one another.
     *
     * @return the call, to be closed when it ends
     * @throws IllegalStateException if the object is closed or belongs to another thread
     */
    public synchronized Call enter() {
        require();
        calls++;
        return call;
    }

    private synchronized void leave() {
        calls--;
    }

    /**
     * What {@link #enter} does for a call that is so short that it need not be known as under way.
     *
     * @throws IllegalStateException as there
     */
    public synchronized void require() {
        requireOpen();
        Thread current = Thread.currentThread();
        if (owner == current) {
            return;
        }
        if (owner != null && owner.isAlive()) {
            throw new IllegalStateException(title + " is for one thread: it belongs to " + named(owner)
                    + ", which has used it first; " + named(current) + " may use it once that thread has ended"
                    + (handedOver ? " or has handed it over (handOver())" : "") + ", or may build one of its own");
        }
        owner = current;
    }

    /**
     * Requires that it is not closed; for what any thread may ask.
     *
     * @throws IllegalStateException if it is closed
     */
    public synchronized void requireOpen() {
        if (closed) {
            throw new IllegalStateException(title + " is closed");
        }
    }

    /**
     * Gives the object up: it belongs to the thread that uses it next. For threads that do not end, such as those of a
     * pool.
     *
     * @throws IllegalStateException if it belongs to another thread, is closed, or a call is under way
     */
    public synchronized void handOver() {
        require();
        if (calls > 0) {
            throw new IllegalStateException(title + " cannot be handed over by what runs inside a call of it");
        }
        owner = null;
    }

    /** {@return whether it is closed} */
    public synchronized boolean closed() {
        return closed;
    }

    /**
     * Closes the object; does nothing if it is closed already. Any thread may close it.
     *
     * @throws IllegalStateException if a call is under way; nothing is closed then
     */
    @Override
    public void close() {
        endTogether(List.of(this)).close();
    }

    /**
     * Closes the object after a failure, which stays the one that is told.
     *
     * @param failure gets what closing fails by as suppressed
     */
    public void closeAfter(Throwable failure) {
        try {
            close();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Closes several, in this order: all, or none.
     *
     * @param all of them the confinements
     * @return gives their parts back when it is closed
     * @throws IllegalStateException if a call of one of them is under way; none is closed then
     */
    public static Resources endTogether(List<ThreadConfinement> all) {
        // Asked first, so that where one is in use the others' threads see none of this.
        all.forEach(ThreadConfinement::requireIdle);
        List<ThreadConfinement> ended = new ArrayList<>();
        try {
            for (ThreadConfinement one : all) {
                if (one.end()) {
                    ended.add(one);
                }
            }
        } catch (IllegalStateException inUse) {
            ended.forEach(ThreadConfinement::reopen);
            throw inUse;
        }
        Resources releases = new Resources();
        ended.reversed().forEach(one -> releases.keep(one::release));
        return releases;
    }

    private synchronized boolean end() {
        if (closed) {
            return false;
        }
        requireIdle();
        closed = true;
        return true;
    }

    private synchronized void requireIdle() {
        if (calls > 0) {
            throw new IllegalStateException(title + " cannot be closed now: " + (owner == Thread.currentThread()
                    ? "what closes it runs inside a call of it; close it behind that"
                    : named(owner) + " is inside a call of it; wait for that thread before closing"));
        }
    }

    private synchronized void reopen() {
        closed = false;
    }

    private void release() {
        if (device == null) {
            release.run();
            return;
        }
        synchronized (Device.WHOLE_CONTEXT) {
            device.disown(this);
            release.run();
        }
    }

    private static String named(Thread thread) {
        return "thread '" + (thread.getName().isEmpty() ? "#" + thread.threadId() : thread.getName()) + "'";
    }
}
