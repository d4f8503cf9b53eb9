package io.gimbal.cli;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Counts the convolutions that have been planned, once that takes a while: engines that the device has not run before
 * are timed on it.
 */
final class PlanningBar implements Runnable, AutoCloseable {
    private static final long PATIENCE_NANOSECONDS = 1_000_000_000;

    private final long begin = System.nanoTime();
    private long planned;
    private ProgressBar bar;

    @Override
    public void run() {
        planned++;
        if (bar == null && System.nanoTime() - begin > PATIENCE_NANOSECONDS) {
            bar = new ProgressBarBuilder().setTaskName("Planning convolutions").setInitialMax(-1).hideEta()
                    .setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(500).clearDisplayOnFinish().build();
        }
        if (bar != null) {
            bar.stepTo(planned);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
