package io.gimbal.cli;

import io.gimbal.engine.StepRecord;
import io.gimbal.metric.Score;
import io.gimbal.report.Table;
import io.gimbal.train.TrainingConfig;
import io.gimbal.train.TrainingListener;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows a training: a bar with each task's loss x weight and the time left, and a line for each validation. */
final class TrainingDisplay implements TrainingListener, AutoCloseable {
    private static final int BAR_COLUMNS = 79;
    private static final int SHORT_NAME = 3;

    private final PrintWriter screen;
    private final List<String> tasks;
    private final long steps;
    private final ProgressBar bar;
    private long rejected;

    TrainingDisplay(PrintWriter screen, TrainingConfig config, long before) {
        this.screen = screen;
        this.tasks = config.plan().network().tasks();
        this.steps = config.steps();
        this.bar = new ProgressBarBuilder().setTaskName("").setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .startsFrom(before, java.time.Duration.ZERO).setUpdateIntervalMillis(500).continuousUpdate().build();
    }

    @Override
    public void step(StepRecord record) {
        rejected += record.accepted() ? 0 : 1;
        StringBuilder message = new StringBuilder();
        for (int task = 0; task < tasks.size(); task++) {
            String name = tasks.get(task);
            message.append(String.format(Locale.ROOT, "%s%s %.2fx%.1f", task == 0 ? "" : " ",
                    name.substring(0, Math.min(SHORT_NAME, name.length())), record.loss()[task],
                            record.weight()[task]));
        }
        if (rejected > 0) {
            message.insert(0, rejected + " not finite, ");
        }
        bar.setExtraMessage(message.toString());
        bar.stepTo(record.step() + 1);
    }

    @Override
    public void validating(int examples) {
        bar.setExtraMessage("validating on " + examples + " examples");
    }

    @Override
    public void validated(long step, Map<String, List<Score>> scores) {
        StringBuilder line = new StringBuilder("step " + step + " of " + steps + ":");
        scores.forEach((task, list) -> {
            Score first = list.getFirst();
            line.append(String.format(Locale.ROOT, "  %s %s %s (constant %s)", task, first.name(),
                    Table.figure(first.value(), first.unit()),
                    Table.figure(first.constant(), first.unit())));
        });
        bar.pause();
        if (System.console() != null && System.console().isTerminal()) {
            System.err.print("\r" + " ".repeat(BAR_COLUMNS) + "\r");
        } else {
            System.err.println();
        }
        screen.println(line);
        bar.resume();
    }

    @Override
    public void close() {
        bar.close();
    }
}
