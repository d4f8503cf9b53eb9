package io.gimbal.cli;

import io.gimbal.config.FilePath;
import io.gimbal.config.UserException;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.TypeConversionException;

/**
 * Starts the command that the arguments name. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 slower
 * than a kept measurement allows.
 */
@Command(name = "gimbal", mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false,
        description = "Balanced multi-task training on NVIDIA GPUs.", synopsisSubcommandLabel = "COMMAND",
        subcommands = {TrainCommand.class, DataCommand.class, EvaluateCommand.class, PredictCommand.class,
            ReportCommand.class, ExportCommand.class, ReplayCommand.class, BenchCommand.class, PlanCommand.class,
            DevicesCommand.class, BundleCommand.class})
public final class Main {
    private static final int USAGE = 2;

    private Main() {}

    public static void main(String[] arguments) {
        StandardOutput out = StandardOutput.ofProcess();
        PrintWriter err = new PrintWriter(System.err, true);
        System.exit(out.end(run(arguments, out.writer(), err), err));
    }

    /** Runs a command and returns its exit code. */
    static int run(String[] arguments, PrintWriter out, PrintWriter err) {
        try {
            CommandLine line = new CommandLine(new Main()).setOut(out).setErr(err).setExpandAtFiles(false)
                    .setCaseInsensitiveEnumValuesAllowed(true).registerConverter(Path.class, Main::path)
                    .setExecutionExceptionHandler((failure, command, parsed) -> Failures.tell(failure, err));
            if (arguments.length == 0) {
                line.usage(out);
                return USAGE;
            }
            return line.execute(arguments);
        } catch (Error failure) {
            return Failures.tell(failure, err);
        }
    }

    private static Path path(String argument) {
        try {
            return FilePath.of(argument, "the argument");
        } catch (UserException unusable) {
            throw new TypeConversionException(unusable.getMessage());
        }
    }
}
