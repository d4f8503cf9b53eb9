package io.gimbal.device;

import org.junit.jupiter.api.Tag;

@Tag("jcuda-gpu")
class JcudaGpuMatrixProductTest extends MatrixProductContract {
    @Override
    Device open() {
        return TestDevices.gpu(BindingKind.JCUDA);
    }
}
