package io.gimbal.device;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Driver;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.panama.PanamaBinding;

/** The contract on a GPU; skipped where there is none. */
class GpuHandOverTest extends HandOverContract {
    private final Binding binding = PanamaBinding.ofGpu(LibrarySearch.ofProcess());

    @Override
    Driver newDriver() {
        String refusal = DeviceChoice.gpuRefusal();
        assumeTrue(refusal.isEmpty(), () -> "no GPU: " + refusal);
        return binding.driver();
    }

    @Override
    Binding binding() {
        return binding;
    }

    @Override
    Device over(long context) {
        return Device.of(DeviceKind.GPU, by(), context);
    }
}
