package io.gimbal.device;

import org.junit.jupiter.api.Tag;

@Tag("jcuda")
class JcudaSoftwareMatrixProductTest extends SoftwareMatrixProductTest {
    @Override
    Device open() {
        return TestDevices.soft(BindingKind.JCUDA);
    }
}
