package io.gimbal.cli;

import io.gimbal.replay.BenchSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option that takes another batch than the case or configuration has. */
final class BatchOption {
    private Integer examples;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--batch", paramLabel = "N",
            description = "Examples a step (default: the case's or configuration's).")
    private void take(int given) {
        if (given < 1) {
            throw new ParameterException(command.commandLine(), "--batch is " + given + "; it must be at least 1");
        }
        examples = given;
    }

    /** Examples a step. */
    int of(BenchSource source) {
        return examples == null ? source.batch() : examples;
    }
}
