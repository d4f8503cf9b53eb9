package io.gimbal.train;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;

/** The device under test, where it is the software device with guarded ends and poisoned fresh memory. */
public final class GuardedDevice {
    private GuardedDevice() {}

    public static Device open() {
        Device device = DeviceUnderTest.open();
        guard(device, true);
        return device;
    }

    public static void close(Device device) {
        device.close();
        guard(device, false);
    }

    static void guard(Device device, boolean on) {
        device.softDevice().ifPresent(soft -> {
            soft.guard(on);
            soft.poison(on);
        });
    }
}
