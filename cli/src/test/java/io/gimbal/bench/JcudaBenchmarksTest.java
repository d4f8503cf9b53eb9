package io.gimbal.bench;

import io.gimbal.device.BindingKind;
import org.junit.jupiter.api.Tag;

@Tag("jcuda")
class JcudaBenchmarksTest extends BenchmarksContract {
    @Override
    BindingKind binding() {
        return BindingKind.JCUDA;
    }
}
