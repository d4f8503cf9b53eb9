package io.gimbal.cli;

import io.gimbal.config.FilePath;
import io.gimbal.config.UserException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.TypeConversionException;

/**
 * Starts the command that the arguments name. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 slower
 * than a kept measurement allows.
 */
@Command(name = "gimbal", mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false,
        description = "Balanced multi-task training on NVIDIA GPUs.", synopsisSubcommandLabel = "COMMAND")
public final class Main {
    private static final int USAGE = 2;
    /** In the order of the help. */
    private static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("train", TrainCommand.class);
        COMMANDS.put("compare", CompareCommand.class);
        COMMANDS.put("data", DataCommand.class);
        COMMANDS.put("evaluate", EvaluateCommand.class);
        COMMANDS.put("predict", PredictCommand.class);
        COMMANDS.put("report", ReportCommand.class);
        COMMANDS.put("export", ExportCommand.class);
        COMMANDS.put("replay", ReplayCommand.class);
        COMMANDS.put("bench", BenchCommand.class);
        COMMANDS.put("plan", PlanCommand.class);
        COMMANDS.put("devices", DevicesCommand.class);
        COMMANDS.put("bundle", BundleCommand.class);
        COMMANDS.put("rehearse", RehearseCommand.class);
    }

    private Main() {}

    public static void main(String[] arguments) {
        StandardOutput out = StandardOutput.ofProcess();
        PrintWriter err = new PrintWriter(System.err, true);
        System.exit(out.end(run(arguments, out.writer(), err), err));
    }

    /** Runs a command and returns its exit code. */
    static int run(String[] arguments, PrintWriter out, PrintWriter err) {
        try {
            CommandLine line = line(arguments).setOut(out).setErr(err)
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

    /** What reads the arguments. */
    static CommandLine line(String[] arguments) {
        return withCommands(arguments).setExpandAtFiles(false).setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Path.class, Main::path);
    }

    /** With the command that is asked for, where there is one: to read what all of them take costs most of a start. */
    private static CommandLine withCommands(String[] arguments) {
        CommandLine line = new CommandLine(new Main());
        Class<?> asked = arguments.length == 0 ? null : COMMANDS.get(arguments[0]);
        COMMANDS.forEach((name, command) -> {
            if (asked == null || asked == command) {
                line.addSubcommand(name, command);
            }
        });
        return line;
    }

    private static Path path(String argument) {
        try {
            return FilePath.of(argument, "the argument");
        } catch (UserException unusable) {
            throw new TypeConversionException(unusable.getMessage());
        }
    }
}
