package io.gimbal.cli;

import picocli.CommandLine.Command;

/** {@code gimbal bench}: measurements, each a subcommand. */
@Command(name = "bench", mixinStandardHelpOptions = true, description = "Measures.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {BenchDeviceCommand.class, BenchStepCommand.class, BenchWideCommand.class,
            BenchKernelsCommand.class, BenchKernelCommand.class, BenchDataCommand.class,
            BenchPredictCommand.class, BenchRanksCommand.class})
final class BenchCommand {}
