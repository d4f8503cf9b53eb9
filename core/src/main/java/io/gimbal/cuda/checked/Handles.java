package io.gimbal.cuda.checked;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/**
 * Which handles of one kind live, and which were destroyed. Refuses the others with an {@link IllegalStateException}
 * that names the C function and the handle. Thread-safe.
 */
final class Handles {
    private final String title;
    private final Map<Long, Boolean> alive = new ConcurrentHashMap<>();

    /** @param title what messages call a handle, such as "stream" */
    Handles(String title) {
        this.title = title;
    }

    /** Takes note of a new handle, and gives it back. */
    long created(long handle) {
        alive.put(handle, true);
        return handle;
    }

    /** That the handle lives. */
    void require(String function, long handle) {
        if (!alive.getOrDefault(handle, false)) {
            throw refusal(function, handle);
        }
    }

    /** Destroys the handle by {@code call}. */
    void destroy(String function, long handle, LongConsumer call) {
        // Before the call: as soon as it is done, another thread may be given the same handle.
        if (!alive.replace(handle, true, false)) {
            throw refusal(function, handle);
        }
        try {
            call.accept(handle);
        } catch (RuntimeException | Error failed) {
            alive.put(handle, true);
            throw failed;
        }
    }

    private IllegalStateException refusal(String function, long handle) {
        return new IllegalStateException(function + ": " + describe(handle)
                + (alive.containsKey(handle) ? " was destroyed" : " was never created")
                + ": only one that was created through this binding, and not destroyed yet, may be given");
    }

    String describe(long handle) {
        return "the " + title + " 0x" + Long.toHexString(handle);
    }
}
