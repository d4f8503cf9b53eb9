package io.gimbal.cli;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar on standard error that counts what is measured. */
final class Bar implements AutoCloseable {
    private final ProgressBar bar;

    /** @param name what is counted, for people */
    Bar(String name, long most) {
        bar = new ProgressBarBuilder().setTaskName(name).setStyle(ProgressBarStyle.ASCII).setInitialMax(most)
                .setUpdateIntervalMillis(500).build();
    }

    void step() {
        bar.step();
    }

    void stepBy(long count) {
        bar.stepBy(count);
    }

    @Override
    public void close() {
        bar.close();
    }
}
