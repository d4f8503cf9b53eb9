package io.gimbal.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gimbal.device.Device;
import io.gimbal.train.CaseRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal bench step}: the time of one training step of a case, upload and all. */
@Command(name = "step", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Times a case's training step; the last line is JSON, as that of the reference's --bench.")
final class BenchStepCommand implements Callable<Integer> {
    private static final int WARM_UP = 3;

    @Parameters(paramLabel = "CASE", description = "The case's folder.")
    private Path folder;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "10",
            description = "Steps that are timed, after 3 that are not (default: 10).")
    private int steps;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (steps < 1) {
            throw new ParameterException(spec.commandLine(), "--steps is " + steps + "; it must be at least 1");
        }
        PrintWriter screen = spec.commandLine().getOut();
        try (Device opened = device.open(); CaseRun run = new CaseRun(opened, folder, precision.given())) {
            double[] seconds = new double[steps];
            for (int k = -WARM_UP; k < steps; k++) {
                long begin = System.nanoTime();
                run.launch();
                run.step().synchronize();
                if (k >= 0) {
                    seconds[k] = (System.nanoTime() - begin) / 1e9;
                }
                run.step().pollRecords();
            }
            Arrays.sort(seconds);
            screen.printf(Locale.ROOT, "%s: %.1f ms a step (median of %d; %.1f to %.1f), %d graph nodes, "
                            + "%.1f MiB of activations and workspace%n",
                    folder.getFileName(), 1e3 * seconds[steps / 2], steps, 1e3 * seconds[0], 1e3 * seconds[steps - 1],
                            run.step().graphNodes(),
                    run.step().arenaBytes() / (double) (1 << 20));
            ObjectMapper mapper = new ObjectMapper();
            ObjectNode line = mapper.createObjectNode().put("engine", Version.text() + ", " + opened.name());
            if (opened.softDevice().isPresent()) {
                line.put("threads", opened.multiprocessors());
            }
            line.put("dtype", "float32");
            line.putObject("step_s").put("min", seconds[0]).put("median", seconds[steps / 2]).put("max",
                    seconds[steps - 1]);
            screen.println(mapper.writeValueAsString(line));
        }
        return 0;
    }
}
