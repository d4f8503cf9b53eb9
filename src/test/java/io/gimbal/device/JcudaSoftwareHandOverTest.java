package io.gimbal.device;

import io.gimbal.cuda.BindingKind;
import org.junit.jupiter.api.Tag;

@Tag("jcuda")
class JcudaSoftwareHandOverTest extends SoftwareHandOverTest {
    @Override
    BindingKind by() {
        return BindingKind.JCUDA;
    }
}
