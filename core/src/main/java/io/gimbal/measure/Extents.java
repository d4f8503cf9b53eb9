package io.gimbal.measure;

import io.gimbal.device.Device;

/** How much of a device is measured: more than its caches hold, and as much as takes not too long. */
public final class Extents {
    private static final DeviceMeter.Extent GPU = new DeviceMeter.Extent(1L << 30, 8192, 1000);
    private static final DeviceMeter.Extent SOFTWARE = new DeviceMeter.Extent(64L << 20, 1024, 100);

    private Extents() {}

    /**
     * {@return how much is measured on a device}
     *
     * @param device a GPU or the software device
     */
    public static DeviceMeter.Extent of(Device device) {
        return device.soft() ? SOFTWARE : GPU;
    }
}
