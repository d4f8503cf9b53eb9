package io.gimbal.cli;

import io.gimbal.device.Device;
import io.gimbal.experiment.Experiment;
import io.gimbal.experiment.ExperimentListener;
import io.gimbal.experiment.ExperimentRun;
import io.gimbal.experiment.PlannedRun;
import io.gimbal.experiment.Results;
import io.gimbal.page.RunFiles;
import io.gimbal.report.ProgressBar;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingListener;
import io.gimbal.run.TrainingRun;
import io.gimbal.train.TrainingStoppedException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal compare}. */
@Command(name = "compare", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Trains the variants of an experiment over its seeds, and holds them against each other on the "
                + "test data. Ended anywhere, the same command goes on.")
final class CompareCommand implements Callable<Integer> {
    private static final int FAILED = 1;

    @Parameters(paramLabel = "EXPERIMENT", description = "The experiment, such as experiments/toy2.json.")
    private Path file;

    @Option(names = "--out", paramLabel = "DIR", description = "The experiment's folder (default: runs/NAME, after its "
            + "name); what is finished there is kept.")
    private Path out;

    @Option(names = "--list", description = "Tells the runs and trains nothing.")
    private boolean list;

    @Mixin
    private DeviceOption device;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private SettingsOption settings;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Experiment experiment = Experiment.read(file, settings.given());
        experiment.check();
        PrintWriter screen = spec.commandLine().getOut();
        if (list) {
            experiment.runs().forEach(run -> screen.println(run + ": " + run.folder()));
            return 0;
        }
        Path folder = out != null ? out : experiment.folder();
        try (StopSignals signals = new StopSignals(); Device opened = device.open()) {
            screen.println(experiment.runs().size() + " runs on " + opened.describe() + "; the experiment's folder is "
                    + folder);
            try {
                Results results = new ExperimentRun(experiment, folder, opened, new Display(folder)).run();
                results.write(folder);
                screen.print(results.text());
                screen.println("Report: " + folder.resolve(RunFiles.REPORT));
                return 0;
            } catch (TrainingStoppedException stopped) {
                return stopped(signals);
            } catch (IllegalStateException failure) {
                if (failure.getCause() instanceof InterruptedException) {
                    return stopped(signals);
                }
                throw failure;
            }
        }
    }

    private int stopped(StopSignals signals) {
        Thread.interrupted();
        spec.commandLine().getOut().println("Stopped; what is finished is kept, and the same command goes on");
        return signals.exitCode().orElse(FAILED);
    }

    /** Shows each run as {@code train} does. */
    private final class Display implements ExperimentListener {
        private final PrintWriter screen = spec.commandLine().getOut();
        private final Path folder;

        Display(Path folder) {
            this.folder = folder;
        }

        @Override
        public void begins(PlannedRun run, int number, int of) {
            screen.println("Run " + number + " of " + of + ": " + run);
        }

        @Override
        public void trains(TrainingConfig config, TrainingRun run, Consumer<TrainingListener> training) {
            try (TrainingDisplay display = new TrainingDisplay(screen, progress, config, run)) {
                training.accept(display);
            }
        }

        @Override
        public void measures(int examples, Consumer<IntConsumer> measurement) {
            try (ProgressBar bar = progress.bar("test data", examples)) {
                measurement.accept(bar::stepTo);
            }
        }

        @Override
        public void finished(Results soFar) {
            soFar.write(folder);
        }

        @Override
        public void note(String sentence) {
            screen.println(sentence);
        }
    }
}
