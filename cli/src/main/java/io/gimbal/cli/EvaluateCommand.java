package io.gimbal.cli;

import io.gimbal.data.Resolution;
import io.gimbal.device.Device;
import io.gimbal.metric.Score;
import io.gimbal.report.ProgressBar;
import io.gimbal.run.Evaluation;
import io.gimbal.run.ScoreFigures;
import io.gimbal.run.TrainedModel;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.AtomicFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal evaluate}. */
@Command(name = "evaluate", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures what a run has learned on its held-out data, or on others. The data that it learned "
                + "from are not needed.")
final class EvaluateCommand implements Callable<Integer> {
    private static final int FAILED = 1;

    @Parameters(index = "0", paramLabel = "RUN", description = "The run's folder, such as runs/rooms.")
    private Path run;

    @Option(names = "--checkpoint", paramLabel = "best|last",
            description = "Which checkpoint (default: the best where there is one, else the last).")
    private TrainedModel.Which which;

    @Option(names = "--data", paramLabel = "PATH",
            description = "Where other data lie, in the form of the run's own: --set validation.path=PATH.")
    private Path data;

    @Mixin
    private SettingsOption settings;

    @Option(names = "--json", paramLabel = "FILE", description = "Writes the figures into a file, too.")
    private Path json;

    @Mixin
    private DeviceOption device;

    @Mixin
    private ProgressOption progress;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        TrainedModel model = TrainedModel.read(run, Optional.ofNullable(which));
        Evaluation evaluation = new Evaluation(model, settings());
        PrintWriter screen = spec.commandLine().getOut();
        try (StopSignals signals = new StopSignals(); Device opened = device.open()) {
            screen.println(model.file() + model.steps().stream().mapToObj(step -> ", step " + step).findFirst()
                    .orElse("") + ", on " + evaluation.examples() + " examples of " + evaluation.origin()
                    + (evaluation.resolution() == Resolution.NATIVE ? " in their own pixels" : "") + ", "
                    + opened.describe());
            Map<String, List<Score>> scores;
            try (ProgressBar bar = progress.bar("", evaluation.examples())) {
                scores = evaluation.scores(opened, bar::stepTo);
            } catch (IllegalStateException failure) {
                if (failure.getCause() instanceof InterruptedException && Thread.interrupted()) {
                    return signals.exitCode().orElse(FAILED);
                }
                throw failure;
            }
            ScoreTable.print(screen, scores);
            if (json != null) {
                write(model, evaluation, scores);
            }
            return 0;
        }
    }

    private List<String> settings() {
        return data == null ? settings.given() : Stream.concat(Stream.of("validation.path=" + data.toAbsolutePath()),
                settings.given().stream()).toList();
    }

    private void write(TrainedModel model, Evaluation evaluation, Map<String, List<Score>> scores) {
        ObjectNode line = new JsonMapper().createObjectNode().put("checkpoint", model.file().toString());
        model.steps().ifPresent(step -> line.put("step", step));
        line.put("examples", evaluation.examples());
        line.put("resolution", evaluation.resolution().name().toLowerCase(Locale.ROOT));
        ScoreFigures.put(line.putObject("scores"), scores);
        AtomicFile.writeText(json, line + "\n");
    }
}
