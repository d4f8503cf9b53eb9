package io.gimbal.cli;

import io.gimbal.device.Device;
import io.gimbal.replay.CaseRun;
import io.gimbal.report.ProgressBar;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal replay}. */
@Command(name = "replay", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Runs a case of the numerical reference; writes its trace and the final parameters.")
final class ReplayCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "CASE",
            description = "The case's folder: case.json, init.safetensors, batches.safetensors.")
    private Path folder;

    @Parameters(index = "1", paramLabel = "OUT", description = "Where trace.jsonl and final.safetensors go.")
    private Path out;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        try (Device opened = device.open(); CaseRun run = start(opened)) {
            try (ProgressBar bar = progress.bar("replay", run.steps())) {
                run.replay(out, bar::stepBy);
            }
            run.rejections().ifPresent(spec.commandLine().getOut()::println);
            run.fallbacks().ifPresent(spec.commandLine().getOut()::println);
            spec.commandLine().getOut().println(run.steps() + " steps on " + opened.describe() + ": "
                    + out.resolve("trace.jsonl"));
        }
        return 0;
    }

    private CaseRun start(Device opened) {
        try (ProgressBar bar = progress.planning()) {
            return new CaseRun(opened, folder, precision.given(), bar::step);
        }
    }
}
