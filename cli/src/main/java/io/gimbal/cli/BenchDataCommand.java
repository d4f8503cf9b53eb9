package io.gimbal.cli;

import io.gimbal.config.Config;
import io.gimbal.data.DataSet;
import io.gimbal.data.Sampler;
import io.gimbal.device.Device;
import io.gimbal.loss.TaskSpec;
import io.gimbal.measure.BenchRun;
import io.gimbal.measure.DataMeter;
import io.gimbal.measure.TimedStep;
import io.gimbal.picture.PictureFile;
import io.gimbal.report.Benchmark;
import io.gimbal.report.DataReport;
import io.gimbal.report.ProgressBar;
import io.gimbal.run.Settings;
import io.gimbal.run.TrainingConfig;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.source.Sources;
import java.io.PrintWriter;
import java.nio.file.Path;
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

/** {@code gimbal bench data}: how fast a configuration's data are read, and how many cores keep a device busy. */
@Command(name = "data", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures how fast one core reads a configuration's data, stage by stage, and how many cores "
                + "feed its step; the last line is JSON.")
final class BenchDataCommand implements Callable<Integer> {
    private static final int STEPS = 5;
    /** Kept samples that are read again and again: more than a processor's caches hold, few enough to make quickly. */
    private static final int KEPT = 64;

    @Parameters(paramLabel = "CONFIG", description = "A training configuration.")
    private Path file;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "3",
            description = "For how much of the processor's time a pass is measured (default: 3), once it has "
                    + "warmed up.")
    private double seconds;

    @Option(names = "--step-seconds", paramLabel = "S",
            description = "What a training step takes, as on another device; by default one is timed on the device at "
                    + "hand.")
    private Double stepSeconds;

    @Mixin
    private JsonOption json;

    @Mixin
    private AgainstOption against;

    @Mixin
    private SettingsOption settings;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        positive("--seconds", seconds);
        if (stepSeconds != null) {
            positive("--step-seconds", stepSeconds);
        }
        against.read(Benchmark.DATA);
        Config config = Settings.over(Config.read(file), settings.given());
        TrainingConfig training = TrainingConfig.read(config);
        against.requireAlike(line(JsonOption.line(), config, training), List.of("first", "memory"));
        Map<String, DataMeter.Pass> passes = passes(config);
        String engine = null;
        ObjectNode line;
        double step;
        if (stepSeconds != null) {
            line = JsonOption.line();
            step = stepSeconds;
        } else {
            try (Device opened = device.open()) {
                line = JsonOption.line(opened);
                engine = opened.describe();
                step = step(opened, config, training.batch());
            }
        }
        return report(training, new DataReport(passes, training.batch(), step), Optional.ofNullable(engine),
                line(line, config, training));
    }

    /** What is measured; where it lies and how much of it is kept changes nothing of how fast it is read. */
    private static ObjectNode line(ObjectNode line, Config config, TrainingConfig training) {
        DataSet data = training.data();
        Benchmark.DATA.mark(line).put("source", training.name()).put("examples", data.size())
                .put("channels", data.channels()).put("height", data.height()).put("width", data.width())
                .put("jpeg", PictureFile.jpegDecoder());
        Benchmark.putConfiguration(line, config.with(List.of("data.path=null", "data.cache=null", "data.batch=null")),
                "data", "tasks");
        return line;
    }

    private void positive(String option, double value) {
        if (!(value > 0 && value <= 3600)) {
            throw new ParameterException(spec.commandLine(), option + " is " + value
                    + "; it must be above 0, and at most 3600");
        }
    }

    private static TrainingConfig read(Config config, String cache) {
        return TrainingConfig.read(config.with("data.cache={" + cache + "}"));
    }

    private Map<String, DataMeter.Pass> passes(Config config) {
        Map<String, DataMeter.Pass> passes = new LinkedHashMap<>();
        passes.put("first", pass("first pass", meter(config, read(config, memory(0)), Integer.MAX_VALUE)));
        Config cache = config.object("data").find("cache").orElse(null);
        if (cache != null && cache.has("folder")) {
            passes.put("disk", keptPass("from the disk", config, "\"memory_mib\": 0, \"folder\": "
                    + cache.find("folder").orElseThrow().canonicalText() + ", \"disk_mib\": "
                    + cache.find("disk_mib").orElseThrow().canonicalText()));
        }
        passes.put("memory", keptPass("from memory", config, memory(Runtime.getRuntime().maxMemory() / 2)));
        return passes;
    }

    private static String memory(long bytes) {
        return "\"memory_mib\": " + (bytes >> 20);
    }

    private DataMeter.Pass keptPass(String name, Config config, String cache) {
        DataMeter kept = meter(config, read(config, cache), KEPT);
        kept.fill();
        return pass(name, kept);
    }

    private static DataMeter meter(Config config, TrainingConfig training, int most) {
        DataSet data = training.data();
        Sampler sampler = Sampler.training(Math.min(data.size(), most), 1, training.seed(), true,
                Sources.augmentation(config.object("data")));
        return new DataMeter(data, sampler, training.plan().tasks().stream().map(TaskSpec::field).distinct().toList());
    }

    private DataMeter.Pass pass(String name, DataMeter meter) {
        try (ProgressBar bar = progress.passing("Reading, " + name)) {
            return meter.pass(seconds, bar::step);
        }
    }

    private double step(Device opened, Config config, int batch) {
        try (ProgressBar bar = progress.planning();
                TimedStep timed = new TimedStep(opened, new BenchRun(opened, config, batch, false, Optional.empty(),
                        bar::step))) {
            timed.warmUp(() -> { });
            timed.round(STEPS, () -> { });
            return timed.times().median();
        }
    }

    private int report(TrainingConfig training, DataReport report, Optional<String> engine, ObjectNode line) {
        DataSet data = training.data();
        PrintWriter screen = spec.commandLine().getOut();
        screen.printf(Locale.ROOT, "%s: %d examples of %d x %d x %d from %s; JPEGs by %s%n", training.name(),
                data.size(), data.channels(), data.height(), data.width(), data.origin(), PictureFile.jpegDecoder());
        screen.print(report.table());
        for (String pass : report.unsteady()) {
            screen.printf("The pass '%s' was still being compiled, or getting faster: its rate is too low. "
                    + "Measure it for longer (--seconds).%n", pass);
        }
        screen.printf(Locale.ROOT, "A step of %d takes %.1f ms%s%n", report.batch(), 1e3 * report.stepSeconds(),
                engine.map(name -> " on " + name).orElse(", as was given"));
        report.putJson(line);
        int code = against.compare(screen, line);
        json.write(screen, line);
        return code;
    }
}
