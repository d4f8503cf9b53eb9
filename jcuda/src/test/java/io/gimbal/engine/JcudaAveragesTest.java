package io.gimbal.engine;

import io.gimbal.device.BindingKind;
import org.junit.jupiter.api.Tag;

@Tag("jcuda")
class JcudaAveragesTest extends AveragesTest {
    @Override
    BindingKind by() {
        return BindingKind.JCUDA;
    }
}
