package io.gimbal.device;

import org.junit.jupiter.api.Tag;

@Tag("jcuda")
class JcudaSoftwareDeviceTest extends SoftwareDeviceTest {
    @Override
    Device open() {
        return TestDevices.soft(BindingKind.JCUDA);
    }
}
