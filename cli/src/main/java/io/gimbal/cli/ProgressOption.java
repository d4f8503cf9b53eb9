package io.gimbal.cli;

import io.gimbal.report.ProgressBar;
import picocli.CommandLine.Option;

/** The option that switches progress bars off, and the bars. */
final class ProgressOption {
    @Option(names = "--no-progress", description = "Shows no progress: no bar, and in a file no lines of it.")
    private boolean off;

    /** A bar that counts what is measured or trained; the arguments are those of {@link ProgressBar#of}. */
    ProgressBar bar(String name, long most) {
        return off ? ProgressBar.none() : ProgressBar.of(name, most);
    }

    /** A bar of what has no known end; the argument is that of {@link ProgressBar#passing}. */
    ProgressBar passing(String name) {
        return off ? ProgressBar.none() : ProgressBar.passing(name);
    }

    /**
     * Counts the convolutions that have been planned, once that takes a while: engines that the device has not run
     * before are timed on it.
     */
    ProgressBar planning() {
        return passing("Planning convolutions");
    }
}
