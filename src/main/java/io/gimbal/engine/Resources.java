package io.gimbal.engine;

import java.util.ArrayList;
import java.util.List;

/** What an owner has made, closed the newest first; all of it, even where closing something fails. */
final class Resources implements AutoCloseable {
    private final List<AutoCloseable> made = new ArrayList<>();

    /** Takes a resource in; gives it back. */
    <T extends AutoCloseable> T keep(T resource) {
        made.add(resource);
        return resource;
    }

    /** Closes everything after a failure, which stays the one that is told. */
    void closeAfter(RuntimeException failure) {
        try {
            close();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public void close() {
        RuntimeException failure = null;
        for (AutoCloseable resource : made.reversed()) {
            try {
                resource.close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        made.clear();
        if (failure != null) {
            throw failure;
        }
    }
}
