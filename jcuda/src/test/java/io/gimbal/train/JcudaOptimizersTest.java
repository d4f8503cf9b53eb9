package io.gimbal.train;

import io.gimbal.device.BindingKind;
import org.junit.jupiter.api.Tag;

@Tag("jcuda")
class JcudaOptimizersTest extends OptimizersTest {
    @Override
    BindingKind by() {
        return BindingKind.JCUDA;
    }
}
