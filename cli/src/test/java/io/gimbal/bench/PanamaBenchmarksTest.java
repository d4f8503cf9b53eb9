package io.gimbal.bench;

import io.gimbal.device.BindingKind;

class PanamaBenchmarksTest extends BenchmarksContract {
    @Override
    BindingKind binding() {
        return BindingKind.PANAMA;
    }
}
