package io.gimbal.bench;

import io.gimbal.cuda.BindingKind;

class PanamaBenchmarksTest extends BenchmarksContract {
    @Override
    BindingKind binding() {
        return BindingKind.PANAMA;
    }
}
