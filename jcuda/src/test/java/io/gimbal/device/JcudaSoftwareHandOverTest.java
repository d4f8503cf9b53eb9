package io.gimbal.device;

import org.junit.jupiter.api.Tag;

@Tag("jcuda")
class JcudaSoftwareHandOverTest extends SoftwareHandOverTest {
    @Override
    BindingKind by() {
        return BindingKind.JCUDA;
    }
}
