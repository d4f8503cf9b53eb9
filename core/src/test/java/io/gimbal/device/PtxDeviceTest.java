package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The contract on the device that runs PTX, with guards and poison on. */
class PtxDeviceTest extends DeviceContract {
    @Override
    Device open() {
        return TestDevices.watched(PtxUnderTest.open());
    }

    @Test
    void itSaysWhatItRuns() {
        assertEquals(PtxUnderTest.architecture(), device.architecture());
        assertTrue(device.describe().matches(".*, running the PTX of NVRTC \\d+\\.\\d+ for "
                + PtxUnderTest.architecture()), device.describe());
        assertTrue(device.soft());
    }
}
