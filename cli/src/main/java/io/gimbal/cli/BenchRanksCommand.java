package io.gimbal.cli;

import io.gimbal.config.UserException;
import io.gimbal.data.Sampler;
import io.gimbal.device.Device;
import io.gimbal.measure.RankBench;
import io.gimbal.measure.TimedStep;
import io.gimbal.replay.BenchSource;
import io.gimbal.report.Figures;
import io.gimbal.report.ProgressBar;
import io.gimbal.report.Table;
import io.gimbal.run.RankGroup;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingPlan;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal bench ranks}: what ranks lose to their exchanges, and how fast they add memory up. */
@Command(name = "ranks", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Times the step of several ranks, in turn with the same step without exchanges, and all-reduces "
                + "of several sizes; the last line is JSON.")
final class BenchRanksCommand implements Callable<Integer> {
    @Parameters(paramLabel = "CASE|CONFIG", description = "A case's folder, or a training configuration.")
    private Path source;

    @Mixin
    private RankOptions ranks;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "10",
            description = "Steps of a round that are timed (default: 10); 3 before the first round are not.")
    private int steps;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "3",
            description = "Rounds; in each both steps take turns (default: 3).")
    private int rounds;

    @Mixin
    private BatchOption batch;

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
        ranks.check();
        if (ranks.count() < 2) {
            throw new UserException("bench ranks wants --ranks N of at least 2, or --rank, --of and --meet");
        }
        if (steps < 1 || rounds < 1) {
            throw new UserException("--steps is " + steps + " and --rounds is " + rounds + "; both must be at least 1");
        }
        BenchSource read = BenchSource.read(source, settings.given());
        int own = Sampler.share(batch.of(read), ranks.count());
        try (Device opened = device.open()) {
            List<String> arguments = spec.commandLine().getParent().getParent().getParseResult().originalArgs();
            return ranks.together(opened, arguments, this::println, group -> measure(opened, read, own, group));
        }
    }

    private void println(String line) {
        spec.commandLine().getErr().println(line);
    }

    private int measure(Device opened, BenchSource read, int own, RankGroup group) {
        try (RankBench bench = open(opened, read, own, group)) {
            try (ProgressBar bar = group.leads() ? progress.bar("steps", 2 * (TimedStep.WARM_UP
                    + (long) rounds * steps)) : ProgressBar.none()) {
                bench.warmUp(bar::step);
                for (int round = 0; round < rounds; round++) {
                    bench.round(steps, bar::step);
                }
            }
            List<RankBench.Added> added = bench.added(rounds);
            group.barrier();
            if (group.leads()) {
                report(opened, read, bench, added, own);
            }
            return 0;
        }
    }

    private RankBench open(Device opened, BenchSource read, int own, RankGroup group) {
        try (ProgressBar bar = group.leads() ? progress.planning() : ProgressBar.none()) {
            return new RankBench(opened, read.config(), own, precision.given(),
                    group.peers(TrainingConfig.ownStatistics(read.config())), group::barrier, bar::step);
        }
    }

    private void report(Device opened, BenchSource read, RankBench bench, List<RankBench.Added> added, int own) {
        PrintWriter screen = spec.commandLine().getOut();
        int count = ranks.count();
        String used = precision.given().orElse(TrainingPlan.read(read.config()).precision()).text();
        screen.println(read.name() + " on " + count + " ranks of " + opened.describe() + ", " + used);
        Table table = new Table("a rank's step", "median", "from", "to", "examples/s of all ranks");
        ObjectNode line = JsonOption.line(opened).put("source", read.name()).put("dtype", used).put("ranks", count)
                .put("batch", own * count);
        row(table, line, "without exchanges", "step_without_exchanges_s", bench.alone(), own * count);
        row(table, line, "with exchanges", "step_s", bench.together(), own * count);
        screen.print(table);
        screen.printf(Locale.ROOT, "Efficiency %.1f %% (median of %d rounds)%n", 100 * bench.efficiency(), rounds);
        line.put("efficiency", bench.efficiency());
        Table sums = new Table("all-reduce of", "median", "GB/s each way");
        ArrayNode all = line.putArray("all_reduce");
        for (RankBench.Added each : added) {
            sums.row(each.bytes() / 1024 + " KiB", Figures.milliseconds(each.seconds().median()),
                    String.format(Locale.ROOT, "%.2f", each.bytesPerSecond(count) / 1e9));
            ObjectNode node = all.addObject().put("bytes", each.bytes()).put("bytes_a_second",
                    each.bytesPerSecond(count));
            Figures.put(node, "seconds", each.seconds());
        }
        screen.print(sums);
        json.write(screen, line);
    }

    private static void row(Table table, ObjectNode line, String name, String key, TimedStep step, int examples) {
        table.row(name, Figures.milliseconds(step.times().median()), Figures.milliseconds(step.times().least()),
                Figures.milliseconds(step.times().most()), String.format(Locale.ROOT, "%.1f",
                        examples / step.times().median()));
        Figures.put(line, key, step.times());
    }
}
