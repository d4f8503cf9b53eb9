package io.gimbal.cli;

import io.gimbal.device.Device;
import io.gimbal.device.Versions;
import io.gimbal.measure.DeviceMeter;
import io.gimbal.measure.DeviceRates;
import io.gimbal.measure.Extents;
import io.gimbal.report.DeviceRatesReport;
import io.gimbal.report.ProgressBar;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code gimbal bench device}: what the device at hand is, and what it can do at best. */
@Command(name = "device", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measures the device: a copy, and matrix products in each precision, on random data; the last "
                + "line is JSON.")
final class BenchDeviceCommand implements Callable<Integer> {
    private static final double GIBI = 1 << 30;

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
        try (Device opened = device.open()) {
            DeviceRatesReport report = new DeviceRatesReport(opened, measure(opened, progress));
            ObjectNode line = JsonOption.line(opened);
            report.putDevice(line);
            report.putRates(line);
            PrintWriter screen = spec.commandLine().getOut();
            screen.println(describe(opened));
            screen.print(report.table());
            json.write(screen, line);
        }
        return 0;
    }

    /** Measures the device, with a bar. */
    static DeviceRates measure(Device opened, ProgressOption progress) {
        try (DeviceMeter meter = new DeviceMeter(opened, Extents.of(opened));
                ProgressBar bar = progress.bar("device", DeviceMeter.measurements())) {
            return meter.measure(bar::step);
        }
    }

    private static String describe(Device opened) {
        Versions versions = opened.versions();
        return String.format(Locale.ROOT, "%s, %s, %d multiprocessors, %.1f GiB; CUDA %s by the driver, NVRTC %s, "
                        + "cuBLAS %s, cuDNN %s", opened.name(), opened.architecture(), opened.multiprocessors(),
                opened.totalMemory() / GIBI, versions.driver(), versions.nvrtc(), versions.cublas(), versions.cudnn());
    }
}
