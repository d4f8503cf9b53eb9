package io.gimbal.kernels;

import io.gimbal.device.Device;
import io.gimbal.device.SoftDevice;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The software device of a class of kernel tests: opened when first asked for, closed and set back behind the class.
 */
final class KernelDevice implements AfterAllCallback {
    private static Device device;

    static synchronized Device get() {
        if (device == null) {
            device = Device.openSoft(Path.of(System.getProperty("gimbal.softcuda")));
        }
        return device;
    }

    /** Closes the device; the next {@link #get} opens another. */
    static synchronized void close() {
        if (device == null) {
            return;
        }
        SoftDevice switches = device.softDevice().orElseThrow();
        try {
            device.close();
        } finally {
            device = null;
            switches.simt(false);
            switches.guard(false);
            switches.poison(false);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close();
    }
}
