package io.gimbal.device;

import java.util.ArrayList;
import java.util.List;

/** What an owner has made, closed the newest first; all of it, even where closing something fails. */
public final class Resources implements AutoCloseable {
    private final List<AutoCloseable> made = new ArrayList<>();

    /** Owns nothing yet. */
    public Resources() {}

    /**
     * Takes in a resource, or what is to be done before those are closed that were taken in earlier; gives it back.
     *
     * @param <T>      what it is
     * @param resource is this owner's from now on
     * @return the resource
     */
    public synchronized <T extends AutoCloseable> T keep(T resource) {
        made.add(resource);
        return resource;
    }

    /**
     * Closes everything after a failure, which stays the one that is told.
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
     * Closes everything. The first failure is thrown at the end and carries the later ones. Closing again does nothing.
     */
    @Override
    public synchronized void close() {
        RuntimeException failure = null;
        while (!made.isEmpty()) {
            try {
                made.removeLast().close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
