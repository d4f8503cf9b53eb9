package io.gimbal.device;

import org.junit.jupiter.api.Tag;

@Tag("jcuda")
class JcudaSoftwareConvolutionTest extends SoftwareConvolutionTest {
    @Override
    Device open() {
        return TestDevices.soft(BindingKind.JCUDA);
    }
}
