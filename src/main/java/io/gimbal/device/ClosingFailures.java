package io.gimbal.device;

/** Runs every part of a closing, keeps the first failure and adds the later ones to it. */
final class ClosingFailures {
    private RuntimeException first;

    void run(Runnable part) {
        try {
            part.run();
        } catch (RuntimeException failure) {
            if (first == null) {
                first = failure;
            } else {
                first.addSuppressed(failure);
            }
        }
    }

    void throwFirst() {
        if (first != null) {
            throw first;
        }
    }
}
