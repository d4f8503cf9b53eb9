package io.gimbal.device;

import org.junit.jupiter.api.Tag;

@Tag("jcuda-gpu")
class JcudaGpuHandOverTest extends GpuHandOverTest {
    @Override
    BindingKind by() {
        return BindingKind.JCUDA;
    }
}
