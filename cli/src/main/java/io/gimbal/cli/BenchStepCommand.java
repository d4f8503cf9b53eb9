package io.gimbal.cli;

import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.measure.BenchRun;
import io.gimbal.measure.DeviceRates;
import io.gimbal.measure.TimedStep;
import io.gimbal.replay.BenchSource;
import io.gimbal.report.Benchmark;
import io.gimbal.report.DeviceRatesReport;
import io.gimbal.report.ProfileReport;
import io.gimbal.report.ProgressBar;
import io.gimbal.report.StepFigures;
import io.gimbal.report.Table;
import io.gimbal.run.TrainingPlan;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code gimbal bench step}: the time of one training step, upload and all, and what balancing costs: the same step
 * with equal weights is timed in turn with it.
 */
@Command(name = "step", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Times a training step, and in turn with it the same step with equal weights; the last line is "
                + "JSON.")
final class BenchStepCommand implements Callable<Integer> {
    /** What is timed: the case's own balancing, equal weights, or both in turn. */
    enum Balance { OWN, EQUAL, BOTH }

    @Parameters(paramLabel = "CASE|CONFIG", description = "A case's folder, or a training configuration.")
    private Path source;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "10",
            description = "Steps of a round that are timed (default: 10); 3 before the first round are not.")
    private int steps;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "1",
            description = "Rounds; in each the rules of balancing take turns (default: 1).")
    private int rounds;

    @Mixin
    private BatchOption batch;

    @Option(names = "--balance", paramLabel = "own|equal|both", defaultValue = "both",
            description = "The rule of balancing to time: the case's own, equal weights, or both in turn (default: "
                    + "both).")
    private Balance balance;

    @Option(names = "--parts", description = "Tells where the time of a step goes, too: each kernel, product and "
            + "convolution by itself, beside what the device was measured to do; of the configuration's own balancing, "
            + "or with --balance equal of equal weights.")
    private boolean parts;

    @Mixin
    private JsonOption json;

    @Mixin
    private AgainstOption against;

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
        atLeastOne("--steps", steps);
        atLeastOne("--rounds", rounds);
        against.read(Benchmark.STEP);
        BenchSource read = BenchSource.read(source, settings.given());
        int examples = batch.of(read);
        Precision used = precision.given().orElse(TrainingPlan.read(read.config()).precision());
        List<String> rules = rules(read);
        try (Device opened = device.open()) {
            ObjectNode line = Benchmark.STEP.mark(JsonOption.line(opened)).put("source", read.name())
                    .put("dtype", used.text()).put("batch", examples).put("balancing", rules.getFirst());
            Benchmark.putConfiguration(line, read.config(), "model", "tasks", "balance", "optimizer");
            against.requireAlike(line, rules);
            Optional<DeviceRates> rates = parts ? Optional.of(BenchDeviceCommand.measure(opened, progress))
                    : Optional.empty();
            Map<String, TimedStep> timed = new LinkedHashMap<>();
            try {
                for (String rule : rules) {
                    timed.put(rule, new TimedStep(opened, open(opened, read, examples, rule.equals("equal"))));
                }
                time(timed.values());
                report(opened, read.name(), timed, line);
                rates.ifPresent(known -> profile(opened, known, timed.values().iterator().next(), line));
                int code = against.compare(spec.commandLine().getOut(), line);
                json.write(spec.commandLine().getOut(), line);
                return code;
            } finally {
                timed.values().forEach(TimedStep::close);
            }
        }
    }

    private BenchRun open(Device opened, BenchSource read, int examples, boolean equal) {
        try (ProgressBar bar = progress.planning()) {
            return new BenchRun(opened, read.config(), examples, equal, precision.given(), bar::step);
        }
    }

    /** What is timed, the one whose figures stand first in the JSON before the other. */
    private List<String> rules(BenchSource read) {
        return switch (balance) {
            case OWN -> List.of("own");
            case EQUAL -> List.of("equal");
            case BOTH -> balances(read) ? List.of("own", "equal") : List.of("own");
        };
    }

    private static boolean balances(BenchSource read) {
        return read.config().find("balance").map(rule -> !rule.text("method", "equal").equals("equal")).orElse(false);
    }

    private void atLeastOne(String option, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + " is " + value + "; it must be at least 1");
        }
    }

    private void time(Collection<TimedStep> timed) {
        try (ProgressBar bar = progress.bar("steps", timed.size() * (TimedStep.WARM_UP + (long) rounds * steps))) {
            timed.forEach(each -> each.warmUp(bar::step));
            for (int round = 0; round < rounds; round++) {
                timed.forEach(each -> each.round(steps, bar::step));
            }
        }
    }

    private void report(Device opened, String name, Map<String, TimedStep> timed, ObjectNode line) {
        Table table = StepFigures.table();
        timed.forEach((rule, each) -> {
            StepFigures figures = StepFigures.of(each);
            figures.row(table, rule);
            figures.put(rule.equals("own") || timed.size() == 1 ? line : line.putObject("equal"));
        });
        PrintWriter screen = spec.commandLine().getOut();
        screen.println(name + " on " + opened.describe() + ", " + line.get("dtype").textValue());
        screen.print(table);
        if (timed.size() == 2) {
            double overhead = timed.get("own").overheadOver(timed.get("equal"));
            screen.printf(Locale.ROOT, "Balancing costs %+.1f %% over equal weights (median of %d rounds)%n",
                    100 * overhead, rounds);
            line.put("overhead_over_equal", overhead);
        }
    }

    private void profile(Device opened, DeviceRates rates, TimedStep timed, ObjectNode line) {
        ProfileReport report;
        try (ProgressBar bar = progress.bar("parts", timed.run().measurements())) {
            report = new ProfileReport(timed.run().profile(rates.limits(), bar::step));
        }
        spec.commandLine().getOut().print(report.text());
        ObjectNode node = line.putObject("parts").put("balancing", balance == Balance.EQUAL ? "equal" : "own");
        new DeviceRatesReport(opened, rates).putRates(node.putObject("device"));
        report.putJson(node);
    }
}
