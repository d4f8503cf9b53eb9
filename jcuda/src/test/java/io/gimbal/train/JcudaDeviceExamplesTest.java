package io.gimbal.train;

import io.gimbal.device.BindingKind;
import org.junit.jupiter.api.Tag;

@Tag("jcuda")
class JcudaDeviceExamplesTest extends DeviceExamplesTest {
    @Override
    BindingKind by() {
        return BindingKind.JCUDA;
    }
}
