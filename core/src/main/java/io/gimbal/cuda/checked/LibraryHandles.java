package io.gimbal.cuda.checked;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/**
 * The handles of cuBLAS or of cuDNN. Each is for one thread at a time; threads may hand it over between calls. Each
 * puts its work into a stream, at first the legacy one. Thread-safe.
 */
final class LibraryHandles {
    private final Handles handles;
    private final Handles streams;
    private final Map<Long, Thread> inside = new ConcurrentHashMap<>();
    private final Map<Long, Long> streamOf = new ConcurrentHashMap<>();

    /** A call with a handle, which ends when this is closed. */
    interface Call extends AutoCloseable {
        @Override
        void close();
    }

    /** @param title what messages call a handle; the streams are the driver's */
    LibraryHandles(String title, Handles streams) {
        this.handles = new Handles(title);
        this.streams = streams;
    }

    /** Takes note of a new handle, and gives it back. */
    long created(long handle) {
        streamOf.put(handle, CheckedDriver.LEGACY_STREAM);
        return handles.created(handle);
    }

    /**
     * Begins a call.
     *
     * @throws IllegalStateException if another thread is inside a call with the handle, or if it does not live
     */
    Call enter(String function, long handle) {
        Thread thread = Thread.currentThread();
        Thread other = inside.putIfAbsent(handle, thread);
        if (other != null) {
            throw new IllegalStateException(function + ": " + handles.describe(handle) + " is in use by the thread '"
                    + other.getName() + "', which is inside a call with it: one thread at a time may use a handle; '"
                    + thread.getName() + "' may when that call is done");
        }
        Call call = () -> inside.remove(handle, thread);
        try {
            handles.require(function, handle);
            return call;
        } catch (IllegalStateException refused) {
            call.close();
            throw refused;
        }
    }

    /** Begins a call that puts work into the handle's stream, which must live too. */
    Call enterWork(String function, long handle) {
        Call call = enter(function, handle);
        try {
            CheckedDriver.requireStream(streams, function, streamOf.get(handle));
            return call;
        } catch (IllegalStateException refused) {
            call.close();
            throw refused;
        }
    }

    /** Sets the handle's stream by {@code call}. */
    void setStream(String function, long handle, long stream, Runnable call) {
        try (Call _ = enter(function, handle)) {
            CheckedDriver.requireStream(streams, function, stream);
            call.run();
            streamOf.put(handle, stream);
        }
    }

    /** Destroys the handle by {@code call}. */
    void destroy(String function, long handle, LongConsumer call) {
        try (Call entered = enter(function, handle)) {
            handles.destroy(function, handle, destroyed -> {
                // It counts as destroyed now; as soon as it is, another thread may be given the same handle.
                entered.close();
                call.accept(destroyed);
            });
        }
    }
}
