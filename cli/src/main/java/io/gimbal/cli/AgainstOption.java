package io.gimbal.cli;

import io.gimbal.report.Benchmark;
import io.gimbal.report.Comparison;
import io.gimbal.report.KeptBenchmark;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collection;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that hold a measurement against one that was kept. */
final class AgainstOption {
    private static final int SLOWER = 3;
    private static final double DEFAULT_LIMIT = 1.1;

    @Option(names = "--against", paramLabel = "FILE",
            description = "Compares with what the same command wrote there by --json: a ratio is the time now over the "
                    + "time kept. The exit code is 3 where one is above that of --slower-than.")
    private Path file;

    @Option(names = "--slower-than", paramLabel = "RATIO",
            description = "With --against: above which ratio the exit code is 3 (default: " + DEFAULT_LIMIT + ").")
    private Double limit;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    private KeptBenchmark kept;

    /** Whether either option is there. */
    boolean given() {
        return file != null || limit != null;
    }

    /**
     * Reads what was kept, before anything is measured.
     *
     * @throws io.gimbal.config.UserException if the file is not of that benchmark
     */
    void read(Benchmark benchmark) {
        if (limit != null && file == null) {
            throw new ParameterException(command.commandLine(), "--slower-than RATIO is for --against");
        }
        if (limit != null && !(limit > 0 && Double.isFinite(limit))) {
            throw new ParameterException(command.commandLine(), "--slower-than is " + limit
                    + "; it must be above 0 and finite, such as " + DEFAULT_LIMIT);
        }
        kept = file == null ? null : KeptBenchmark.read(file, benchmark);
    }

    /**
     * Refuses what cannot be compared, before it is measured; the parameters are those of
     * {@link KeptBenchmark#requireAlike}.
     *
     * @throws io.gimbal.config.UserException naming what differs
     */
    void requireAlike(ObjectNode line, Collection<String> names) {
        if (kept != null) {
            kept.requireAlike(line, names);
        }
    }

    /** Prints the comparison, where one is asked for, and returns the exit code. */
    int compare(PrintWriter screen, ObjectNode line) {
        if (kept == null) {
            return 0;
        }
        Comparison comparison = kept.compare(line, limit == null ? DEFAULT_LIMIT : limit);
        screen.print(comparison.text());
        return comparison.slower().isEmpty() ? 0 : SLOWER;
    }
}
