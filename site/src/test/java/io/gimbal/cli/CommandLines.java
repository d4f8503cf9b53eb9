package io.gimbal.cli;

import java.io.PrintWriter;
import java.util.List;

/** The command line's own reading of arguments, for tests of what the documentation shows. */
public final class CommandLines {
    private CommandLines() {}

    /**
     * Reads arguments as {@code ./gimbal} would, and runs nothing.
     *
     * @throws picocli.CommandLine.ParameterException if it would refuse them
     */
    public static void parse(List<String> arguments) {
        Main.line(arguments.toArray(String[]::new)).parseArgs(arguments.toArray(String[]::new));
    }

    /** Runs a command in this process, and returns its exit code. */
    public static int run(List<String> arguments, PrintWriter out, PrintWriter err) {
        return Main.run(arguments.toArray(String[]::new), out, err);
    }
}
