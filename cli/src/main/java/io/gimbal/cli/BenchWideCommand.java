package io.gimbal.cli;

import static io.gimbal.report.Figures.milliseconds;

import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.measure.PlannedStep.PlannedConvolution;
import io.gimbal.measure.WideComparison;
import io.gimbal.measure.WideTimer;
import io.gimbal.replay.BenchSource;
import io.gimbal.report.Figures;
import io.gimbal.report.ProgressBar;
import io.gimbal.report.StepReport;
import io.gimbal.report.Table;
import io.gimbal.run.TrainingPlan;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal bench wide}: what doing a thing once for all tasks saves. */
@Command(name = "wide", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Times what a training step does once for all tasks against the same for each task by itself; "
                + "the last line is JSON.")
final class BenchWideCommand implements Callable<Integer> {
    @Parameters(paramLabel = "CASE|CONFIG", description = "A case's folder, or a training configuration.")
    private Path source;

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
        BenchSource read = BenchSource.read(source, settings.given());
        TrainingPlan training = TrainingPlan.read(read.config());
        Precision taken = precision.given().orElse(training.precision());
        int examples = batch.of(read);
        try (Device opened = device.open()) {
            WideComparison.All all = compare(opened, training, examples, taken);
            PrintWriter screen = spec.commandLine().getOut();
            screen.println(read.name() + " on " + opened.describe() + ", batch " + examples + ", " + taken.text());
            if (!all.comparisons().isEmpty()) {
                screen.print(table(all));
            }
            all.absent().forEach(sentence -> screen.println("Not done at once: " + sentence));
            ObjectNode line = JsonOption.line(opened).put("source", read.name()).put("dtype", taken.text())
                    .put("batch", examples);
            put(line, all);
            json.write(screen, line);
        }
        return 0;
    }

    private WideComparison.All compare(Device opened, TrainingPlan training, int examples, Precision taken) {
        try (ProgressBar bar = progress.bar("comparisons", -1);
                WideTimer timer = new WideTimer(opened, taken, () -> { }, bar::step)) {
            return timer.compare(training.step(examples, training.balancing(), taken));
        }
    }

    private static Table table(WideComparison.All all) {
        Table table = new Table("what", "how", "convolutions", "engine", "a time", "from", "to", "TFLOP/s", "ratio");
        for (WideComparison each : all.comparisons()) {
            row(table, each.subject().text(), each.form(), each.wide(), "");
            row(table, "", "for each of " + each.tasks() + " tasks", each.single(),
                    String.format(Locale.ROOT, "%.2f", each.ratio()));
        }
        return table;
    }

    /** Convolutions that are alike stand in one row; what else a side runs is in its time. */
    private static void row(Table table, String what, String how, WideComparison.Side side, String ratio) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        Map<String, String> engines = new LinkedHashMap<>();
        for (PlannedConvolution convolution : side.convolutions()) {
            String text = convolution.direction() + " " + convolution.geometry();
            counts.merge(text, 1, Integer::sum);
            engines.put(text, StepReport.engine(convolution));
        }
        boolean first = true;
        for (Map.Entry<String, Integer> convolution : counts.entrySet()) {
            table.row(first ? what : "", first ? how : "", convolution.getValue() + " x " + convolution.getKey(),
                    engines.get(convolution.getKey()), first ? milliseconds(side.seconds().median()) : "",
                    first ? milliseconds(side.seconds().least()) : "", first ? milliseconds(side.seconds().most()) : "",
                    first ? String.format(Locale.ROOT, "%.3f", side.flops() / 1e12) : "", first ? ratio : "");
            first = false;
        }
    }

    private static void put(ObjectNode line, WideComparison.All all) {
        ArrayNode comparisons = line.putArray("comparisons");
        for (WideComparison each : all.comparisons()) {
            ObjectNode node = comparisons.addObject().put("what", each.subject().name().toLowerCase(Locale.ROOT))
                    .put("how", each.form()).put("tasks", each.tasks()).put("ratio", each.ratio());
            put(node.putObject("wide"), each.wide());
            put(node.putObject("single"), each.single());
        }
        ArrayNode absent = line.putArray("absent");
        all.absent().forEach(absent::add);
    }

    private static void put(ObjectNode node, WideComparison.Side side) {
        Figures.put(node, "time_s", side.seconds());
        node.put("launches", side.launches()).put("operations", side.operations()).put("bytes", side.bytes())
                .put("flop_a_second", side.flops());
        ArrayNode convolutions = node.putArray("convolutions");
        for (PlannedConvolution convolution : side.convolutions()) {
            ObjectNode each = convolutions.addObject().put("direction", convolution.direction())
                    .put("geometry", convolution.geometry());
            StepReport.putEngine(each.putObject("engine"), convolution);
        }
    }
}
