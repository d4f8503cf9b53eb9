package io.gimbal.cli;

import io.gimbal.engine.StepRecord;
import io.gimbal.metric.Score;
import io.gimbal.report.ProgressBar;
import io.gimbal.report.Table;
import io.gimbal.report.Terminal;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingListener;
import io.gimbal.run.TrainingRun;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Shows a training: a bar with each task's loss x weight and the time left, and a line for each validation. */
final class TrainingDisplay implements TrainingListener, AutoCloseable {
    private static final int SHORT_NAME = 3;

    private final PrintWriter screen;
    private final List<String> tasks;
    private final long steps;
    private final ProgressBar bar;
    private long rejected;

    TrainingDisplay(PrintWriter screen, ProgressOption progress, TrainingConfig config, TrainingRun run) {
        this.screen = screen;
        this.tasks = config.plan().network().tasks();
        this.steps = run.steps();
        this.bar = progress.bar("", steps);
        bar.startFrom(run.stepsBefore());
    }

    @Override
    public void step(StepRecord record) {
        rejected += record.accepted() ? 0 : 1;
        bar.message(() -> message(record));
        bar.stepTo(record.step() + 1);
    }

    private String message(StepRecord record) {
        StringBuilder message = new StringBuilder();
        if (rejected > 0) {
            message.append(rejected).append(" not finite, ");
        }
        for (int task = 0; task < tasks.size(); task++) {
            String name = tasks.get(task);
            int end = name.offsetByCodePoints(0, Math.min(SHORT_NAME, name.codePointCount(0, name.length())));
            String loss = record.present(task) ? String.format(Locale.ROOT, "%.2f", record.loss()[task]) : "-";
            message.append(String.format(Locale.ROOT, "%s%s %sx%.1f", task == 0 ? "" : " ", name.substring(0, end),
                    loss, record.weight()[task]));
        }
        return message.toString();
    }

    @Override
    public void validating(int examples) {
        bar.message(() -> "validating on " + examples + " examples");
        bar.show();
    }

    @Override
    public void validated(long step, Map<String, List<Score>> scores, boolean best) {
        List<String> figures = scores.entrySet().stream().map(entry -> figure(entry.getKey(),
                entry.getValue().getFirst())).toList();
        bar.wipe();
        screen.println(Terminal.OUTPUT.fit("step " + step + " of " + steps + (best ? ", the best so far:" : ":"),
                figures));
    }

    @Override
    public void note(String sentence) {
        bar.wipe();
        screen.println(sentence);
    }

    private static String figure(String task, Score score) {
        return String.format(Locale.ROOT, "%s %s %s (constant %s)", task, score.name(),
                Table.figure(score.value(), score.unit()), Table.figure(score.constant(), score.unit()));
    }

    @Override
    public void close() {
        bar.close();
    }
}
