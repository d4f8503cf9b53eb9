package io.gimbal.cli;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.report.ProgressBar;
import io.gimbal.run.Settings;
import io.gimbal.storage.AtomicFile;
import io.gimbal.survey.Survey;
import io.gimbal.survey.TrainingData;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal data}: exit code 2 where anything is broken or missing. */
@Command(name = "data", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Checks all data of a training before it: reads every example once, lists all that is broken, "
                + "tells counts, sizes, classes and ranges, and draws a sheet of examples.")
final class DataCommand implements Callable<Integer> {
    private static final int BROKEN = 2;
    private static final int MOST_EXAMPLES = 64;

    @Parameters(paramLabel = "CONFIG", description = "The configuration; 'model.input' and 'data' are needed of it.")
    private Path config;

    @Mixin
    private SettingsOption settings;

    @Option(names = "--all", description = "Looks at fields that no task reads, too.")
    private boolean all;

    @Option(names = "--out", paramLabel = "SHEET.png", description = "Draws examples and their labels, and the first "
            + "of them varied, into this file.")
    private Path out;

    @Option(names = "--examples", paramLabel = "N", defaultValue = "8",
            description = "With --out: draws so many, 1 to " + MOST_EXAMPLES + "; by default ${DEFAULT-VALUE}.")
    private int examples;

    @Option(names = "--json", paramLabel = "FILE", description = "Writes all of it as JSON into a file.")
    private Path json;

    @Mixin
    private ProgressOption progress;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (examples < 1 || examples > MOST_EXAMPLES) {
            throw new UserException("--examples is " + examples + ", but must be 1 to " + MOST_EXAMPLES + ".");
        }
        TrainingData data = new TrainingData(Settings.over(Config.read(config), settings.given()), all);
        Survey survey;
        try (ProgressBar bar = progress.bar("Reading examples", data.examples())) {
            survey = data.read(bar::step);
        }
        PrintWriter screen = spec.commandLine().getOut();
        screen.print(survey.text());
        survey.suspicions().forEach(suspicion -> screen.println("Suspicious: " + suspicion));
        if (json != null) {
            AtomicFile.writeText(json, survey.json() + "\n");
        }
        if (out != null) {
            screen.println(data.draw(out, examples) ? "Examples: " + out
                    : "No example can be drawn: " + out + " is not written");
        }
        screen.flush();
        return end(survey.faults());
    }

    private int end(List<String> faults) {
        PrintWriter err = spec.commandLine().getErr();
        faults.forEach(fault -> err.println("gimbal: " + fault));
        if (faults.size() > 1) {
            err.println("gimbal: " + faults.size() + " faults in the data");
        }
        err.flush();
        return faults.isEmpty() ? 0 : BROKEN;
    }
}
