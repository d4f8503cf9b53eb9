package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class DeviceUnderTestTest {
    @Test
    void theDeviceIsNamedOrRefused() {
        assertEquals(DeviceKind.SOFT, DeviceUnderTest.kind("soft"));
        assertEquals(DeviceKind.GPU, DeviceUnderTest.kind("gpu"));
        String message = assertThrows(IllegalArgumentException.class, () -> DeviceUnderTest.kind("GPU")).getMessage();
        assertEquals("the system property gimbal.test.device is 'GPU'; it may be soft or gpu", message);
    }
}
