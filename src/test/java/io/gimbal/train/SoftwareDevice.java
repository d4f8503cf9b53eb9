package io.gimbal.train;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.device.SoftDevice;

/** The software device as these tests want it: guarded ends, poisoned fresh memory. */
final class SoftwareDevice {
    private SoftwareDevice() {}

    static Device open() {
        Device device = Device.open(DeviceKind.SOFT);
        SoftDevice soft = device.softDevice().orElseThrow();
        soft.guard(true);
        soft.poison(true);
        return device;
    }

    static void close(Device device) {
        SoftDevice soft = device.softDevice().orElseThrow();
        device.close();
        soft.guard(false);
        soft.poison(false);
    }
}
