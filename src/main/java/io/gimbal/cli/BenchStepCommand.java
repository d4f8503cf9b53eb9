package io.gimbal.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gimbal.cuda.Counters;
import io.gimbal.device.Device;
import io.gimbal.engine.Distribution;
import io.gimbal.engine.PlannedStep;
import io.gimbal.engine.Precision;
import io.gimbal.report.Table;
import io.gimbal.train.BenchRun;
import io.gimbal.train.BenchSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
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
    private static final int WARM_UP = 3;

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

    @Option(names = "--batch", paramLabel = "N", description = "Examples a step (default: the case's or "
            + "configuration's).")
    private Integer batch;

    @Option(names = "--balance", paramLabel = "own|equal|both", defaultValue = "both",
            description = "The rule of balancing to time: the case's own, equal weights, or both in turn (default: "
                    + "both).")
    private Balance balance;

    @Option(names = "--json", paramLabel = "FILE", description = "Writes the JSON into a file too.")
    private Path json;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        atLeastOne("--steps", steps);
        atLeastOne("--rounds", rounds);
        if (batch != null) {
            atLeastOne("--batch", batch);
        }
        BenchSource read = BenchSource.read(source);
        int examples = batch == null ? read.batch() : batch;
        try (Device opened = device.open()) {
            Map<String, Timed> timed = new LinkedHashMap<>();
            try {
                if (balance != Balance.EQUAL) {
                    timed.put("own", new Timed(opened, open(opened, read, examples, false)));
                }
                if (balance == Balance.EQUAL || balance == Balance.BOTH && balances(read)) {
                    timed.put("equal", new Timed(opened, open(opened, read, examples, true)));
                }
                time(timed.values());
                report(opened, read.name(), timed);
            } finally {
                timed.values().forEach(Timed::close);
            }
        }
        return 0;
    }

    private BenchRun open(Device opened, BenchSource read, int examples, boolean equal) {
        try (PlanningBar bar = new PlanningBar()) {
            return new BenchRun(opened, read.config(), examples, equal, precision.given(), bar);
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

    private void time(Collection<Timed> timed) {
        try (ProgressBar bar = new ProgressBarBuilder().setTaskName("steps").setStyle(ProgressBarStyle.ASCII)
                .setInitialMax((long) timed.size() * (WARM_UP + (long) rounds * steps)).setUpdateIntervalMillis(500)
                .build()) {
            for (Timed each : timed) {
                each.warmUp(bar);
            }
            for (int round = 0; round < rounds; round++) {
                for (Timed each : timed) {
                    each.round(steps, bar);
                }
            }
        }
    }

    /** A step and its times so far. */
    private static final class Timed implements AutoCloseable {
        private final Device device;
        private final BenchRun run;
        private final List<Distribution> rounds = new ArrayList<>();
        private final List<Double> all = new ArrayList<>();
        private Counters counted;

        Timed(Device device, BenchRun run) {
            this.device = device;
            this.run = run;
        }

        void warmUp(ProgressBar bar) {
            for (int k = 0; k < WARM_UP; k++) {
                step(bar);
            }
        }

        private double step(ProgressBar bar) {
            long begin = System.nanoTime();
            run.launch();
            run.step().synchronize();
            double seconds = (System.nanoTime() - begin) / 1e9;
            run.step().drainRecords();
            bar.step();
            return seconds;
        }

        void round(int steps, ProgressBar bar) {
            List<Double> seconds = new ArrayList<>();
            for (int k = 0; k < steps; k++) {
                seconds.add(step(bar));
            }
            Counters before = device.counters();
            run.launch();
            counted = device.counters().minus(before);
            run.step().drainRecords();
            rounds.add(Distribution.of(seconds));
            all.addAll(seconds);
        }

        Distribution times() {
            return Distribution.of(all);
        }

        @Override
        public void close() {
            run.close();
        }
    }

    private void report(Device opened, String name, Map<String, Timed> timed) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        Precision used = timed.values().iterator().next().run.step().model().precision();
        ObjectNode line = mapper.createObjectNode().put("engine", Version.text() + ", " + opened.name())
                .put("source", name).put("dtype", used.text());
        if (opened.softDevice().isPresent()) {
            line.put("threads", opened.multiprocessors());
        }
        Table table = new Table("balancing", "a step", "from", "to", "examples/s", "GFLOP/s", "of the limit", "nodes",
                "to device", "to host", "waits", "arena");
        timed.forEach((rule, each) -> {
            Distribution times = each.times();
            double perSecond = each.run.batch() / times.median();
            PlannedStep planned = each.run.planned();
            double flops = planned.productCost().operations() / times.median();
            double share = planned.cost().seconds() / times.median();
            table.row(rule, milliseconds(times.median()), milliseconds(times.least()), milliseconds(times.most()),
                    String.format(Locale.ROOT, "%.1f", perSecond), String.format(Locale.ROOT, "%.1f", flops / 1e9),
                    Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.1f %%", 100 * share),
                    Long.toString(each.run.step().graphNodes()),
                    Long.toString(each.counted.hostToDevice()), Long.toString(each.counted.deviceToHost()),
                    Long.toString(each.counted.synchronizations()),
                    String.format(Locale.ROOT, "%.1f MiB", each.run.step().arenaBytes() / (double) (1 << 20)));
            ObjectNode figures = rule.equals("own") || timed.size() == 1 ? line : line.putObject("equal");
            figures.put("batch", each.run.batch()).put("examples_a_second", perSecond)
                    .put("graph_nodes", each.run.step().graphNodes())
                    .put("copies_to_device", each.counted.hostToDevice())
                    .put("copies_to_host", each.counted.deviceToHost()).put("waits", each.counted.synchronizations())
                    .put("arena_bytes", each.run.step().arenaBytes());
            figures.put("product_operations", planned.productCost().operations()).put("flop_a_second", flops)
                    .put("bytes", planned.cost().bytes());
            if (!Double.isNaN(share)) {
                figures.put("limit_s", planned.cost().seconds()).put("share_of_limit", share);
            }
            figures.putObject("step_s").put("min", times.least()).put("median", times.median())
                    .put("max", times.most());
        });
        PrintWriter screen = spec.commandLine().getOut();
        screen.println(name + " on " + opened.describe() + ", " + used.text());
        screen.print(table);
        if (timed.size() == 2) {
            double overhead = overhead(timed.get("own").rounds, timed.get("equal").rounds);
            screen.printf(Locale.ROOT, "Balancing costs %+.1f %% over equal weights (median of %d rounds)%n",
                    100 * overhead, rounds);
            line.put("overhead_over_equal", overhead);
        }
        String text = mapper.writeValueAsString(line);
        screen.println(text);
        if (json != null) {
            Files.writeString(json, text + "\n");
        }
    }

    private static double overhead(List<Distribution> own, List<Distribution> equal) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < own.size(); round++) {
            ratios.add(own.get(round).median() / equal.get(round).median());
        }
        return Distribution.of(ratios).median() - 1;
    }

    private static String milliseconds(double seconds) {
        return String.format(Locale.ROOT, "%.1f ms", 1e3 * seconds);
    }
}
