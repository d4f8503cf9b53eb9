package io.gimbal.cli;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.graph.Parameter;
import io.gimbal.metric.Score;
import io.gimbal.report.ProgressBar;
import io.gimbal.run.RankFollower;
import io.gimbal.run.RankGroup;
import io.gimbal.run.RunFolder;
import io.gimbal.run.Settings;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingRun;
import io.gimbal.shaded.jackson.databind.node.JsonNodeFactory;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.train.TrainingStoppedException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
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

/** {@code gimbal train}. */
@Command(name = "train", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Trains a network as a configuration says; leaves its log, metrics, checkpoint and pictures in "
                + "a folder.")
final class TrainCommand implements Callable<Integer> {
    private static final int FAILED = 1;

    @Parameters(paramLabel = "CONFIG", arity = "0..1", description = "The configuration, such as examples/rooms.json; "
            + "with --resume by default the run's own.")
    private Path config;

    @Option(names = "--out", paramLabel = "DIR", description = "The run's folder; by default a fresh one below runs/.")
    private Path out;

    @Mixin
    private DeviceOption device;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private SettingsOption settings;

    @Option(names = "--init", paramLabel = "FILE",
            description = "Start values: a file of Gimbal's with all of the network's parameters, or torchvision's for "
                    + "a named network's encoder, as safetensors.")
    private Path init;

    @Option(names = "--init-only", paramLabel = "NAMES", description = "With --init: takes only the tensors of these "
            + "names, in which * stands for any letters, such as 'trunk.*'; the others start from scratch.")
    private List<String> initOnly = List.of();

    @Option(names = "--resume", paramLabel = "DIR", description = "Goes on from that run's checkpoint.")
    private Path resume;

    @Option(names = "--data-changed", description = "With --resume: goes on although the data are others than the run "
            + "was trained on.")
    private boolean dataChanged;

    @Option(names = "--tensorboard", description = "Writes TensorBoard's event files into the run's folder, too; a "
            + "resumed run that has some goes on with them.")
    private boolean tensorboard;

    @Mixin
    private RankOptions ranks;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        ranks.check();
        if (out != null && resume != null) {
            throw new UserException("--out and --resume exclude each other: a resumed run goes on in its own folder");
        }
        if (init != null && resume != null) {
            throw new UserException("--init and --resume exclude each other: a resumed run starts from its checkpoint");
        }
        if (init == null && !initOnly.isEmpty()) {
            throw new UserException("--init-only goes with --init, the file to take start values from");
        }
        if (dataChanged && resume == null) {
            throw new UserException("--data-changed goes with --resume: a new run takes the data as they are");
        }
        if (config == null && resume == null) {
            throw new ParameterException(spec.commandLine(), "Missing required parameter: 'CONFIG'");
        }
        Config source = started(Settings.over(config == null ? RunFolder.configuration(resume) : Config.read(config),
                settings.given()));
        TrainingConfig training = resume == null ? TrainingConfig.read(source)
                : TrainingConfig.toResume(source, resume);
        // What cannot be shared out is refused before anything is started.
        training.sampler().part(0, ranks.count());
        if (ranks.rank() > 0) {
            return follow(training);
        }
        RunFolder folder = resume != null ? RunFolder.resume(resume, source, dataChanged)
                : RunFolder.create(out, training.name(), source);
        try (Device opened = device.open()) {
            if (ranks.count() == 1) {
                return train(opened, training, folder, Optional.empty());
            }
            return ranks.together(opened, arguments(), this::println, group -> train(opened, training, folder,
                    Optional.of(group)));
        }
    }

    private List<String> arguments() {
        return spec.commandLine().getParent().getParseResult().originalArgs();
    }

    /** A rank other than 0: it shows nothing, and keeps nothing. */
    private int follow(TrainingConfig training) {
        try (StopSignals signals = ranks.started() ? StopSignals.ofTerminalIgnored() : new StopSignals()) {
            try {
                return followed(training);
            } catch (IllegalStateException interrupted) {
                int code = signals.exitCode().orElseThrow(() -> interrupted);
                Thread.interrupted();
                tellByHand("Rank " + ranks.rank() + " has stopped, and so do the others");
                return code;
            }
        }
    }

    private int followed(TrainingConfig training) {
        try (Device opened = device.open()) {
            return ranks.together(opened, arguments(), this::tellByHand, group -> {
                tellByHand("Rank " + group.rank() + " of " + group.count() + ", on " + opened.describe());
                return follow(opened, training, group);
            });
        }
    }

    private static int follow(Device opened, TrainingConfig training, RankGroup group) {
        try (RankFollower follower = new RankFollower(opened, training, group, () -> { })) {
            follower.run();
            return 0;
        }
    }

    /** Where rank 0 started this one, what it writes is told as a complaint. */
    private void tellByHand(String line) {
        if (!ranks.started()) {
            println(line);
        }
    }

    private void println(String line) {
        spec.commandLine().getOut().println(line);
        spec.commandLine().getOut().flush();
    }

    private int train(Device opened, TrainingConfig training, RunFolder folder, Optional<RankGroup> group) {
        try (TrainingRun run = start(opened, training, folder, group)) {
            String ranked = group.map(all -> ", " + all.count() + " ranks").orElse("");
            println("Training on " + opened.describe() + ranked + "; the run's folder is " + folder.path());
            folder.notices().forEach(this::println);
            run.startReport().forEach(this::println);
            if (tensorboard) {
                run.withEventFiles();
            }
            return train(run, training, folder);
        }
    }

    /** With what {@code --init} and {@code --init-only} say, so that the run's folder tells what it started from. */
    private Config started(Config source) {
        if (init == null) {
            return source;
        }
        ObjectNode start = JsonNodeFactory.instance.objectNode().put("file", init.toString());
        if (!initOnly.isEmpty()) {
            initOnly.forEach(start.putArray("only")::add);
        }
        return source.with("init=" + start);
    }

    private int train(TrainingRun run, TrainingConfig training, RunFolder folder) {
        PrintWriter screen = spec.commandLine().getOut();
        if (run.stepsBefore() == run.steps()) {
            screen.println("This training is finished: all of its " + run.steps() + " steps are done; with more epochs "
                    + "or steps it goes on");
        }
        Map<String, List<Score>> scores;
        try (StopSignals signals = new StopSignals()) {
            try (TrainingDisplay display = new TrainingDisplay(screen, progress, training, run)) {
                scores = run.run(display);
            } catch (TrainingStoppedException stopped) {
                Thread.interrupted();
                screen.println("S" + stopped.getMessage().substring(1) + "; to go on: gimbal train --resume "
                        + quoted(folder.path()) + device.written());
                return signals.exitCode().orElse(FAILED);
            }
            // A signal at the very end found nothing to stop.
            Thread.interrupted();
        }
        run.trainer().rejections().ifPresent(screen::println);
        run.speed().ifPresent(screen::println);
        if (!scores.isEmpty()) {
            ScoreTable.print(screen, scores);
            if (Files.exists(folder.samples())) {
                screen.println("Pictures of held-out examples: " + folder.samples());
            }
        }
        if (Files.exists(folder.report())) {
            screen.println("Report: " + folder.report());
        }
        return 0;
    }

    /** As a shell takes it for one word. */
    private static String quoted(Path path) {
        String text = path.toString();
        return text.matches("[\\w./@%+=:,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    private TrainingRun start(Device opened, TrainingConfig training, RunFolder folder, Optional<RankGroup> group) {
        try (ProgressBar bar = progress.planning()) {
            return new TrainingRun(opened, training, folder, bar::step, group);
        } catch (OutOfMemoryError lack) {
            List<Parameter> parameters = training.plan().network().graph(training.batch()).parameters();
            throw new IllegalStateException(Failures.lack(lack) + " " + largest(parameters), lack);
        }
    }

    /** Where the memory goes of a network that is larger than was meant. */
    private static String largest(List<Parameter> parameters) {
        long all = parameters.stream().mapToLong(Parameter::count).sum();
        Parameter most = parameters.stream().max(Comparator.comparingInt(Parameter::count)).orElseThrow();
        return String.format(Locale.ROOT, "The network learns %,d values, %.1f MiB; %,d of them are %s.", all,
                (double) all * Float.BYTES / (1 << 20), most.count(), most);
    }
}
