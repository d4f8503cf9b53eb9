package io.gimbal.cli;

import io.gimbal.balance.FixedWeights;
import io.gimbal.config.Counts;
import io.gimbal.data.Sampler;
import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.dnn.DeviceDescription;
import io.gimbal.measure.Link;
import io.gimbal.measure.PlannedRanks;
import io.gimbal.measure.PlannedStep;
import io.gimbal.measure.StepPlanner;
import io.gimbal.model.NetworkWriter;
import io.gimbal.program.Peers;
import io.gimbal.replay.BenchSource;
import io.gimbal.report.ProgressBar;
import io.gimbal.report.StepReport.LaterW;
import io.gimbal.report.StepReport;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingPlan;
import io.gimbal.storage.AtomicFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal plan}: what a training step would be, on the device at hand or on one that is only described. */
@Command(name = "plan", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Plans a training step without running it: layers, cuDNN's engines and their workspaces, memory, "
                + "operations, and the shortest time at the device's limits.")
final class PlanCommand implements Callable<Integer> {
    @Parameters(paramLabel = "CONFIG|CASE", description = "A training configuration, or a case's folder.")
    private Path source;

    @Option(names = "--for", paramLabel = "h200|FILE.json",
            description = "Plans for a GPU that is not here, by its description; this needs cuDNN, but no driver.")
    private String description;

    @Mixin
    private BatchOption batch;

    @Option(names = "--json", paramLabel = "FILE", description = "Writes all of it as JSON into a file.")
    private Path json;

    @Option(names = "--write-model", paramLabel = "FILE", description = "Writes the network block by block, as a "
            + "configuration's model has it, into a file, and plans nothing.")
    private Path model;

    @Option(names = "--ranks", paramLabel = "N", defaultValue = "1", description = "Plans the step of each of N "
            + "ranks, which share every batch out, and what they exchange.")
    private int ranks;

    @Option(names = "--link", paramLabel = "nvlink|400G|GB/s,us", defaultValue = "nvlink",
            description = "With --ranks: what is between them; or two figures, GB/s each way and microseconds an "
                    + "exchange.")
    private String link;

    @Mixin
    private SettingsOption settings;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        BenchSource read = BenchSource.read(source, settings.given());
        TrainingPlan training = TrainingPlan.read(read.config());
        if (model != null) {
            AtomicFile.writeText(model, NetworkWriter.write(training.network()).toPrettyString() + "\n");
            return 0;
        }
        Precision taken = precision.given().orElse(training.precision());
        if (description != null) {
            DeviceDescription described = DeviceDescription.read(description);
            report(read, training, taken, planned -> new StepPlanner(described, taken, planned));
            return 0;
        }
        try (Device opened = device.open()) {
            report(read, training, taken, planned -> new StepPlanner(opened, taken, planned));
        }
        return 0;
    }

    private void report(BenchSource read, TrainingPlan training, Precision taken,
            Function<Runnable, StepPlanner> planners) {
        Counts.atLeast("--ranks", ranks, 1);
        int examples = Sampler.share(batch.of(read), ranks);
        Link between = Link.of(link);
        StepReport report;
        try (ProgressBar bar = progress.planning(); StepPlanner planner = planners.apply(bar::step)) {
            PlannedStep own = planner.plan(training.step(examples, training.balancing(), taken));
            PlannedStep equal = planner.plan(training.step(examples, FixedWeights.equal(), taken));
            Optional<LaterW> later = training.laterW(examples).filter(name -> StepReport.balancingIsMuch(own, equal))
                    .map(name -> new LaterW(name, planner.plan(training.shared(name).step(examples,
                            training.balancing(), taken))));
            Optional<PlannedRanks> exchanges = ranks == 1 ? Optional.empty() : Optional.of(planner.plan(training.step(
                    examples, training.balancing(), taken), Peers.planned(ranks,
                    TrainingConfig.ownStatistics(read.config())), between));
            report = new StepReport(read.name(), examples, taken, own, equal, later, exchanges);
        }
        PrintWriter screen = spec.commandLine().getOut();
        screen.print(report.text());
        screen.flush();
        if (json != null) {
            report.writeJson(json);
        }
    }
}
