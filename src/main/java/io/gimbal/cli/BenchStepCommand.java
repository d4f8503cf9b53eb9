package io.gimbal.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.measure.BenchRun;
import io.gimbal.measure.DeviceRates;
import io.gimbal.measure.TimedStep;
import io.gimbal.replay.BenchSource;
import io.gimbal.report.DeviceRatesReport;
import io.gimbal.report.ProfileReport;
import io.gimbal.report.ProgressBar;
import io.gimbal.report.StepFigures;
import io.gimbal.report.Table;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
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
        BenchSource read = BenchSource.read(source, settings.given());
        int examples = batch.of(read);
        try (Device opened = device.open()) {
            Optional<DeviceRates> rates = parts ? Optional.of(BenchDeviceCommand.measure(opened, progress))
                    : Optional.empty();
            Map<String, TimedStep> timed = new LinkedHashMap<>();
            try {
                if (balance != Balance.EQUAL) {
                    timed.put("own", new TimedStep(opened, open(opened, read, examples, false)));
                }
                if (balance == Balance.EQUAL || balance == Balance.BOTH && balances(read)) {
                    timed.put("equal", new TimedStep(opened, open(opened, read, examples, true)));
                }
                time(timed.values());
                ObjectNode line = report(opened, read.name(), timed);
                rates.ifPresent(known -> profile(opened, known, timed.values().iterator().next(), line));
                json.write(spec.commandLine().getOut(), line);
            } finally {
                timed.values().forEach(TimedStep::close);
            }
        }
        return 0;
    }

    private BenchRun open(Device opened, BenchSource read, int examples, boolean equal) {
        try (ProgressBar bar = progress.planning()) {
            return new BenchRun(opened, read.config(), examples, equal, precision.given(), bar::step);
        }
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

    private ObjectNode report(Device opened, String name, Map<String, TimedStep> timed) {
        Precision used = timed.values().iterator().next().run().step().model().precision();
        ObjectNode line = JsonOption.line(opened).put("source", name).put("dtype", used.text());
        Table table = StepFigures.table();
        timed.forEach((rule, each) -> {
            StepFigures figures = StepFigures.of(each);
            figures.row(table, rule);
            figures.put(rule.equals("own") || timed.size() == 1 ? line : line.putObject("equal"));
        });
        PrintWriter screen = spec.commandLine().getOut();
        screen.println(name + " on " + opened.describe() + ", " + used.text());
        screen.print(table);
        if (timed.size() == 2) {
            double overhead = timed.get("own").overheadOver(timed.get("equal"));
            screen.printf(Locale.ROOT, "Balancing costs %+.1f %% over equal weights (median of %d rounds)%n",
                    100 * overhead, rounds);
            line.put("overhead_over_equal", overhead);
        }
        return line;
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
