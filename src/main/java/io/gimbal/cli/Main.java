package io.gimbal.cli;

import io.gimbal.config.UserException;
import io.gimbal.cuda.CudaException;
import io.gimbal.train.DivergedException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Starts the command that the arguments name. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. */
@Command(name = "gimbal", mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false,
        description = "Balanced multi-task training on NVIDIA GPUs.", synopsisSubcommandLabel = "COMMAND",
        subcommands = {TrainCommand.class, ReplayCommand.class, BenchCommand.class, PlanCommand.class,
            DevicesCommand.class, BundleCommand.class})
public final class Main {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments, new PrintWriter(System.out, true), new PrintWriter(System.err, true)));
    }

    /** Runs a command and returns its exit code. */
    static int run(String[] arguments, PrintWriter out, PrintWriter err) {
        CommandLine line = new CommandLine(new Main()).setOut(out).setErr(err).setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> report(failure, err));
        if (arguments.length == 0) {
            line.usage(out);
            return USAGE;
        }
        return line.execute(arguments);
    }

    private static int report(Exception failure, PrintWriter err) {
        switch (failure) {
            case UserException user -> {
                err.println("gimbal: " + user.getMessage());
                return USAGE;
            }
            case DivergedException diverged -> err.println("gimbal: " + diverged.getMessage());
            case CudaException cuda -> err.println("gimbal: " + cuda.getMessage());
            case IllegalStateException state when state.getMessage() != null -> err.println("gimbal: "
                    + state.getMessage());
            default -> {
                err.println("gimbal: a defect of Gimbal, please report it with this:");
                failure.printStackTrace(err);
            }
        }
        return FAILED;
    }
}
