package io.gimbal.cli;

import io.gimbal.device.Device;
import io.gimbal.measure.PredictorMeter;
import io.gimbal.measure.PredictorMeter.Way;
import io.gimbal.predict.Model;
import io.gimbal.report.Benchmark;
import io.gimbal.report.PredictorReport;
import io.gimbal.report.ProgressBar;
import io.gimbal.run.TrainedModel;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal bench predict}: how fast a model predicts, for programs that ask in several ways. */
@Command(name = "predict", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Times predictions of single images, one by one, in full batches and from many threads that "
                + "share batches; the last line is JSON. The images are random and normalised: reading photos is not "
                + "measured.")
final class BenchPredictCommand implements Callable<Integer> {
    private static final int MOST_THREADS = 1024;
    private static final int MOST_ROUNDS = 1000;

    @Parameters(paramLabel = "RUN", description = "A run's folder, one that 'gimbal export' wrote, or a file of "
            + "parameters in either.")
    private Path run;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "8", description = "The largest batch (default: 8).")
    private int batch;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "8",
            description = "How many threads ask at once (default: 8).")
    private int threads;

    @Option(names = "--waiting", paramLabel = "MS", defaultValue = "0",
            description = "How many milliseconds a request of theirs waits at most for others (default: 0).")
    private double waiting;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "5",
            description = "How often each way is measured, in turn (default: 5).")
    private int rounds;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "2",
            description = "How long a way takes in a round (default: 2).")
    private double seconds;

    @Mixin
    private JsonOption json;

    @Mixin
    private AgainstOption against;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        within("--batch", batch, 1, 1 << 20);
        within("--threads", threads, 1, MOST_THREADS);
        within("--waiting", waiting, 0, 1000);
        within("--rounds", rounds, 1, MOST_ROUNDS);
        within("--seconds", seconds, 1e-3, 3600);
        against.read(Benchmark.PREDICT);
        TrainedModel trained = TrainedModel.read(run);
        Model model = Model.of(trained);
        try (Device opened = device.open()) {
            ObjectNode line = line(opened, trained, model);
            against.requireAlike(line, Arrays.stream(Way.values()).map(Way::text).toList());
            PredictorReport report = new PredictorReport(measured(opened, model));
            PrintWriter screen = spec.commandLine().getOut();
            screen.println(trained.file() + " on " + opened.describe() + ", batches of up to " + batch + ", " + threads
                    + (threads == 1 ? " thread" : " threads"));
            screen.print(report.table());
            report.putJson(line);
            int code = against.compare(screen, line);
            json.write(screen, line);
            return code;
        }
    }

    private ObjectNode line(Device opened, TrainedModel trained, Model model) {
        ObjectNode line = Benchmark.PREDICT.mark(JsonOption.line(opened)).put("channels", model.channels())
                .put("height", model.height()).put("width", model.width()).put("batch", batch).put("callers", threads)
                .put("waiting_ms", waiting);
        Benchmark.putConfiguration(line, trained.configuration(), "model", "tasks", "precision");
        return line;
    }

    private Map<Way, PredictorMeter.Measured> measured(Device opened, Model model) throws InterruptedException {
        try (PredictorMeter meter = new PredictorMeter(opened, model, batch, threads,
                Duration.ofNanos((long) (1e6 * waiting)));
                ProgressBar bar = progress.bar("Predicting", (rounds + 1L) * Way.values().length)) {
            return meter.measure(rounds, Duration.ofNanos((long) (1e9 * seconds)), bar::step);
        }
    }

    private void within(String option, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new ParameterException(spec.commandLine(), option + " is " + number(value) + "; it must be from "
                    + number(least) + " to " + number(most));
        }
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
