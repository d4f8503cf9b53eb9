package io.gimbal.device;

import org.junit.jupiter.api.Tag;

@Tag("jcuda-gpu")
class JcudaGpuConvolutionTest extends ConvolutionContract {
    @Override
    Device open() {
        return TestDevices.gpu(BindingKind.JCUDA);
    }
}
