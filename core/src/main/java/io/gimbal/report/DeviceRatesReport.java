package io.gimbal.report;

import static io.gimbal.report.Figures.milliseconds;

import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.device.Versions;
import io.gimbal.measure.DeviceRates;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * What a device is and was measured to do, as a table and as JSON.
 *
 * @param device what it is
 * @param rates  what was measured
 */
public record DeviceRatesReport(Device device, DeviceRates rates) {
    private static final double MEBI = 1 << 20;

    /** {@return what was measured, a row each} */
    public Table table() {
        Table table = new Table("measured", "of", "time", "from", "to", "rate");
        table.row("copy from device to device", String.format(Locale.ROOT, "%.0f MiB", rates.copiedBytes() / MEBI),
                milliseconds(rates.copySeconds().median()), milliseconds(rates.copySeconds().least()),
                milliseconds(rates.copySeconds().most()),
                String.format(Locale.ROOT, "%.1f GB/s", rates.copyBytesPerSecond() / 1e9));
        int size = rates.matrixSize();
        rates.productSeconds().forEach((precision, seconds) -> table.row("product in " + precision.text(),
                size + " x " + size + " x " + size, milliseconds(seconds.median()), milliseconds(seconds.least()),
                milliseconds(seconds.most()),
                String.format(Locale.ROOT, "%.2f TFLOP/s", rates.flops(precision) / 1e12)));
        return table;
    }

    /**
     * What the device is, besides its name.
     *
     * @param node takes the members
     */
    public void putDevice(ObjectNode node) {
        Versions versions = device.versions();
        node.put("soft", device.soft()).put("architecture", device.architecture())
                .put("multiprocessors", device.multiprocessors()).put("memory_bytes", device.totalMemory());
        node.putObject("versions").put("driver", versions.driver()).put("nvrtc", versions.nvrtc())
                .put("cublas", versions.cublas()).put("cudnn", versions.cudnn());
    }

    /**
     * The rates by themselves, as other benchmarks' JSON names them, then what they were measured by.
     *
     * @param node takes the members
     */
    public void putRates(ObjectNode node) {
        node.put("copy_bytes_a_second", rates.copyBytesPerSecond());
        ObjectNode flops = node.putObject("matrix_flop_a_second");
        for (Precision precision : Precision.values()) {
            flops.put(precision.text(), rates.flops(precision));
        }
        ObjectNode copy = node.putObject("copy").put("bytes", rates.copiedBytes())
                .put("bytes_a_second", rates.copyBytesPerSecond());
        Figures.put(copy, "copy_s", rates.copySeconds());
        ObjectNode products = node.putObject("products").put("size", rates.matrixSize());
        for (Precision precision : Precision.values()) {
            ObjectNode product = products.putObject(precision.text()).put("flop_a_second", rates.flops(precision));
            Figures.put(product, "product_s", rates.productSeconds().get(precision));
        }
    }
}
