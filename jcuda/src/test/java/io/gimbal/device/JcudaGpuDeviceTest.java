package io.gimbal.device;

import org.junit.jupiter.api.Tag;

@Tag("jcuda-gpu")
class JcudaGpuDeviceTest extends DeviceContract {
    @Override
    Device open() {
        return TestDevices.gpu(BindingKind.JCUDA);
    }
}
