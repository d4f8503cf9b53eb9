package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contract on the device that runs PTX, with guards and poison on. */
class PtxDeviceTest extends DeviceContract {
    @Override
    Device open() {
        Device opened = PtxUnderTest.open();
        SoftDevice soft = opened.softDevice().orElseThrow();
        soft.guard(true);
        soft.poison(true);
        return opened;
    }

    @Override
    @AfterEach
    void closeDevice() {
        if (device == null) {
            return;
        }
        SoftDevice soft = device.softDevice().orElseThrow();
        try {
            super.closeDevice();
        } finally {
            TestDevices.reset(soft);
        }
        TestDevices.assertNothingIsLeft(soft);
    }

    @Test
    void itSaysWhatItRuns() {
        assertEquals(PtxUnderTest.architecture(), device.architecture());
        assertTrue(device.describe().matches(".*, running the PTX of NVRTC \\d+\\.\\d+ for "
                + PtxUnderTest.architecture()), device.describe());
        assertTrue(device.soft());
    }
}
