package io.gimbal.spark;

/** The predictors of this process, seen from outside: each has a thread of its own. */
final class Predictors {
    private Predictors() {}

    static int open() {
        return openOf("");
    }

    /** Those of models in a folder; executors may still have another test's. */
    static int openOf(String folder) {
        return (int) Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith(
                "predictor of " + folder)).count();
    }
}
