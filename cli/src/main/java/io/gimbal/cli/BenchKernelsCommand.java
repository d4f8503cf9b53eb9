package io.gimbal.cli;

import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.Device;
import io.gimbal.device.NvrtcLibrary;
import io.gimbal.measure.CountedKernel;
import io.gimbal.measure.DeviceMeter;
import io.gimbal.measure.Extents;
import io.gimbal.measure.ImageSize;
import io.gimbal.measure.KernelCase;
import io.gimbal.measure.KernelCases;
import io.gimbal.measure.KernelCounter;
import io.gimbal.measure.KernelTimer;
import io.gimbal.report.Benchmark;
import io.gimbal.report.CountsReport;
import io.gimbal.report.Figures;
import io.gimbal.report.ProgressBar;
import io.gimbal.report.Table;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.AtomicFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gimbal bench kernels}: how near each kernel of {@code kernels/} comes to a copy of as many bytes. */
@Command(name = "kernels", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Times each CUDA kernel of Gimbal at sizes of the paper's networks, beside a copy, or counts"
                + " what it does; the last line is JSON.")
final class BenchKernelsCommand implements Callable<Integer> {
    private static final int BATCH = 24;
    private static final int SOFT_BATCH = 1;
    /** Channels on both sides of the 3 x 3 convolution whose gradients by task the largest Gram matrix is of. */
    private static final int WIDTH = 1024;

    @Option(names = "--size", paramLabel = "NxHxWxC", split = ",", converter = ImageSizeConverter.class,
            description = "Batch, height, width and channels of the activations; several with commas (default: "
                    + "24x80x80x128,24x160x160x64,24x320x320x64, on the software device with a batch of 1; with"
                    + " --counts 1x80x80x128).")
    private List<ImageSize> sizes;

    @Option(names = "--counts", description = "Counts what a GPU would execute, where there is none: NVIDIA's NVRTC "
            + "makes PTX for " + KernelCounter.ARCHITECTURE + ", which the software device runs instruction by "
            + "instruction. Times nothing.")
    private boolean counts;

    @Option(names = "--table", paramLabel = "FILE", description = "With --counts: writes the counts that gimbal plan "
            + "estimates by (kernels/counts.json) into a file.")
    private Path table;

    @Mixin
    private JsonOption json;

    @Mixin
    private AgainstOption against;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private DeviceOption device;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (counts) {
            count();
            return 0;
        }
        if (table != null) {
            throw new ParameterException(spec.commandLine(), "--table FILE is for --counts");
        }
        against.read(Benchmark.KERNELS);
        try (Device opened = device.open(); KernelTimer timer = new KernelTimer(opened)) {
            PrintWriter screen = spec.commandLine().getOut();
            screen.println(opened.describe());
            List<ImageSize> used = sizes;
            if (sizes == null) {
                used = KernelCases.sizes(opened.soft() ? SOFT_BATCH : BATCH);
                if (opened.soft()) {
                    screen.println("A batch of " + SOFT_BATCH + ", for the software device's sake; on a GPU it is "
                            + BATCH + ".");
                }
            }
            return report(opened, timer, used);
        }
    }

    private void count() {
        if (against.given()) {
            throw new ParameterException(spec.commandLine(), "--against FILE is for times, and --counts times nothing");
        }
        if (!device.written().isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--counts are of the software device that runs PTX; it"
                    + " does not go with" + device.written());
        }
        List<ImageSize> used = sizes == null ? List.of(KernelCounter.SIZE) : sizes;
        List<KernelCase> cases = KernelCounter.cases(used);
        List<CountedKernel> counted = new ArrayList<>();
        PrintWriter screen = spec.commandLine().getOut();
        try (Device opened = Device.openPtx(KernelCounter.ARCHITECTURE)) {
            screen.println(opened.describe());
            try (KernelCounter counter = new KernelCounter(opened, NvrtcLibrary.find(LibrarySearch.ofProcess()));
                    ProgressBar bar = progress.bar("kernels", cases.size())) {
                for (KernelCase launch : cases) {
                    counted.add(counter.count(launch));
                    bar.step();
                }
            }
            CountsReport report = new CountsReport(used, counted);
            screen.print(report.text());
            if (table != null) {
                AtomicFile.writeText(table, report.table(opened.versions().nvrtc()).text());
            }
            ObjectNode line = JsonOption.line(opened);
            report.putJson(line);
            json.write(screen, line);
        }
    }

    private int report(Device opened, KernelTimer timer, List<ImageSize> used) {
        List<KernelCase> cases = KernelCases.of(used, opened.soft() ? KernelCases.SOFT_WIDTH : WIDTH);
        ObjectNode line = Benchmark.KERNELS.mark(JsonOption.line(opened)).put("sizes",
                used.stream().map(ImageSize::toString).collect(Collectors.joining(",")));
        against.requireAlike(line, cases.stream().map(launch -> Benchmark.kernel(launch.kernel(), launch.shape()))
                .toList());
        List<KernelTimer.Timing> timings = new ArrayList<>();
        double copy;
        try (DeviceMeter meter = new DeviceMeter(opened, Extents.of(opened));
                ProgressBar bar = progress.bar("kernels", cases.size())) {
            double before = meter.copyBytesPerSecond();
            for (KernelCase launch : cases) {
                timings.add(timer.time(launch));
                bar.step();
            }
            copy = Math.max(before, meter.copyBytesPerSecond());
        }
        line.put("copy_bytes_a_second", copy);
        ArrayNode kernels = line.putArray("kernels");
        Table table = new Table("kernel", "of", "MB", "a launch", "GB/s", "of a copy");
        for (int i = 0; i < cases.size(); i++) {
            KernelCase launch = cases.get(i);
            KernelTimer.Timing timing = timings.get(i);
            double share = timing.bytesPerSecond() / copy;
            table.row(launch.kernel(), launch.shape(), number("%.2f", timing.cost().bytes() / 1e6),
                    number("%.1f us", 1e6 * timing.seconds().median()), number("%.1f", timing.bytesPerSecond() / 1e9),
                    number("%.0f %%", 100 * share));
            ObjectNode figures = kernels.addObject().put("kernel", launch.kernel()).put("of", launch.shape())
                    .put("blocks", launch.blocks()).put("launches", timing.launches())
                    .put("bytes", timing.cost().bytes()).put("operations", timing.cost().operations())
                    .put("bytes_a_second", timing.bytesPerSecond()).put("share_of_copy", share);
            Figures.put(figures, "launch_s", timing.seconds());
        }
        PrintWriter screen = spec.commandLine().getOut();
        screen.println(number("A copy from device to device moves %.1f GB/s, read and written.", copy / 1e9));
        screen.print(table);
        int code = against.compare(screen, line);
        json.write(screen, line);
        return code;
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
