package io.gimbal.kernels;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.SoftDevice;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The device of a class of kernel tests: opened when first asked for, closed and set back behind the class. */
final class KernelDevice implements AfterAllCallback {
    private static Device device;

    static synchronized Device get() {
        if (device == null) {
            device = DeviceUnderTest.open();
        }
        return device;
    }

    /** Closes the device; the next {@link #get} opens another. */
    static synchronized void close() {
        if (device == null) {
            return;
        }
        Optional<SoftDevice> switches = device.softDevice();
        try {
            device.close();
        } finally {
            device = null;
            switches.ifPresent(soft -> {
                soft.simt(false);
                soft.guard(false);
                soft.poison(false);
            });
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close();
    }
}
