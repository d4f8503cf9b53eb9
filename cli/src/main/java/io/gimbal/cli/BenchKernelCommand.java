package io.gimbal.cli;

import io.gimbal.config.FilePath;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.Device;
import io.gimbal.device.NvrtcLibrary;
import io.gimbal.measure.CompiledFile;
import io.gimbal.measure.CompiledKernel;
import io.gimbal.measure.CudaFile;
import io.gimbal.measure.DeviceMeter;
import io.gimbal.measure.Extents;
import io.gimbal.measure.KernelArgument;
import io.gimbal.measure.KernelBench;
import io.gimbal.measure.KernelLaunch;
import io.gimbal.picture.NumberArray;
import io.gimbal.report.KernelReport;
import io.gimbal.report.ProgressBar;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.AtomicFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal bench kernel}: a kernel of one's own. */
@Command(name = "kernel", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Times a kernel of your own on a GPU, or without one runs its PTX, looks for faults and counts "
                + "what it does; the last line is JSON. Exit code 1: a check failed.")
final class BenchKernelCommand implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final String SUFFIX = ".cu";

    @Parameters(index = "0", paramLabel = "FILE.cu", description = "CUDA C++, compiled by NVIDIA's NVRTC.")
    private String file;

    @Parameters(index = "1", paramLabel = "NAME", description = "The kernel in it, extern \"C\" __global__.")
    private String name;

    @Option(names = "--arguments", paramLabel = "LIST", defaultValue = "", description = "The kernel's arguments, in "
            + "order, with commas between: " + KernelArgument.FORM + ".")
    private String arguments;

    @Option(names = "--grid", paramLabel = "XxYxZ", defaultValue = "1", description = "Blocks, in one to three "
            + "directions; in a number's place ceil(N/block), or ceil(N/M) (default: ${DEFAULT-VALUE}).")
    private String grid;

    @Option(names = "--block", paramLabel = "XxYxZ", defaultValue = "256", description = "Threads of a block (default: "
            + "${DEFAULT-VALUE}).")
    private String block;

    @Option(names = "--shared", paramLabel = "BYTES", defaultValue = "0", description = "Shared memory that the launch "
            + "sizes (default: ${DEFAULT-VALUE}).")
    private String shared;

    @Option(names = "--sweep", paramLabel = "block|grid|shared=A,B,...", description = "A launch for each value; "
            + "several sweeps go on together, value by value.")
    private List<String> sweeps = List.of();

    @Option(names = "--check", paramLabel = "FILE.npy", description = "What the outputs should be: one for each, in "
            + "their order.")
    private List<String> checks = List.of();

    @Option(names = "--tolerance", paramLabel = "T", description = "An output's number may differ by T times the "
            + "larger of 1 and what is due (default: 1e-5, of half 2e-3, of bf16 2e-2, of whole numbers 0).")
    private Double tolerance;

    @Option(names = "--against", paramLabel = "FILE.cu[:NAME]", description = "Another kernel on the same arguments, "
            + "by the same launch: its outputs are compared, and both are timed in turn.")
    private String against;

    @Option(names = "--bytes", paramLabel = "N", description = "Bytes that a launch moves, for GB/s (default: those "
            + "counted; on a GPU all arrays, once for what they hold before and once as outputs).")
    private Long bytes;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Of random arguments (default: "
            + "${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--instructions", paramLabel = "N", description = "Without a GPU: the launch is ended when its "
            + "warps have executed so many instructions; 0 for no bound (default: 1000000000).")
    private long instructions = KernelBench.Settings.USUAL.mostInstructions();

    @Option(names = "--plot", paramLabel = "FILE.svg", description = "Draws the launches' times, or without a GPU the "
            + "least that they can take.")
    private String plot;

    @Mixin
    private JsonOption json;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        require(!(against != null && !checks.isEmpty()), "--check and --against both say what the outputs should be; "
                + "give one of them");
        require(tolerance == null || tolerance >= 0 && tolerance < Double.POSITIVE_INFINITY, "--tolerance is a number "
                + "from 0 on");
        require(bytes == null || bytes > 0, "--bytes is a whole number of at least 1");
        require(instructions >= 0, "--instructions is a whole number from 0 on");
        List<KernelLaunch> launches = launches();
        List<KernelArgument> given = KernelArgument.parse(arguments);
        List<NumberArray> due = checks.stream().map(check -> NumberArray.read(FilePath.of(check, "--check"))).toList();
        CudaFile source = CudaFile.read(FilePath.of(file, "FILE.cu"));
        Path drawn = plot == null ? null : FilePath.of(plot, "--plot");
        KernelBench.Settings settings = new KernelBench.Settings(seed, instructions,
                bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes),
                tolerance == null ? OptionalDouble.empty() : OptionalDouble.of(tolerance));
        try (Device opened = device.open();
                KernelBench bench = new KernelBench(opened, NvrtcLibrary.find(LibrarySearch.ofProcess()), settings)) {
            PrintWriter screen = spec.commandLine().getOut();
            CompiledFile compiled = bench.compile(source);
            CompiledKernel own = compiled.kernel(name);
            screen.println(bench.describe());
            Optional<CompiledKernel> other = Optional.ofNullable(against).map(text -> other(bench, compiled, text));
            KernelReport report = measure(opened, bench, own, other, given, launches, due);
            screen.print(report.text());
            ObjectNode line = JsonOption.line(opened);
            report.putJson(line);
            if (drawn != null) {
                AtomicFile.writeText(drawn, report.picture());
            }
            json.write(screen, line);
            return report.passed() ? 0 : FAILED;
        }
    }

    private void require(boolean held, String message) {
        if (!held) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private KernelReport measure(Device opened, KernelBench bench, CompiledKernel own, Optional<CompiledKernel> other,
            List<KernelArgument> given, List<KernelLaunch> launches, List<NumberArray> due) {
        KernelReport report = new KernelReport(bench.architecture(), given, seed);
        try (DeviceMeter meter = new DeviceMeter(opened, Extents.of(opened));
                ProgressBar bar = progress.bar("launches", launches.size())) {
            double copy = opened.soft() ? Double.NaN : meter.copyBytesPerSecond();
            for (KernelLaunch launch : launches) {
                if (other.isPresent()) {
                    report.add(bench.compare(own, other.get(), given, launch));
                } else {
                    report.add(bench.measure(own, given, launch, due));
                }
                bar.step();
            }
            if (!opened.soft()) {
                report.copy(Math.max(copy, meter.copyBytesPerSecond()));
            }
        }
        return report;
    }

    private CompiledKernel other(KernelBench bench, CompiledFile own, String text) {
        int colon = text.endsWith(SUFFIX) ? -1 : text.lastIndexOf(':');
        String path = colon < 0 ? text : text.substring(0, colon);
        CompiledFile compiled = path.equals(file) ? own : bench.compile(CudaFile.read(FilePath.of(path, "--against")));
        return compiled.kernel(colon < 0 ? name : text.substring(colon + 1));
    }

    /** One, or as many as a sweep has values. */
    private List<KernelLaunch> launches() {
        Map<String, String[]> swept = new LinkedHashMap<>();
        for (String sweep : sweeps) {
            int equals = sweep.indexOf('=');
            String what = sweep.substring(0, Math.max(0, equals)).strip();
            if (!List.of("block", "grid", "shared").contains(what) || swept.containsKey(what)) {
                throw new UserException("--sweep " + Names.quote(sweep) + ": write block=64,128,256, or the same of "
                        + "grid or shared, each once.");
            }
            swept.put(what, sweep.substring(equals + 1).split(",", -1));
        }
        int count = swept.values().stream().mapToInt(values -> values.length).max().orElse(1);
        swept.forEach((what, values) -> {
            if (values.length != count) {
                throw new UserException("--sweep " + what + " has " + values.length + " values, where another has "
                        + count
                        + ": sweeps go on together.");
            }
        });
        List<KernelLaunch> launches = new ArrayList<>();
        for (int k = 0; k < count; k++) {
            launches.add(KernelLaunch.parse(value(swept, "grid", k, grid), value(swept, "block", k, block),
                    value(swept, "shared", k, shared)));
        }
        return launches;
    }

    private static String value(Map<String, String[]> swept, String what, int k, String otherwise) {
        return swept.containsKey(what) ? swept.get(what)[k].strip() : otherwise;
    }
}
