package io.gimbal.device;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.Driver;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.panama.PanamaBinding;

/** The contract on a GPU; skipped where there is none. */
class GpuHandOverTest extends HandOverContract {
    private final PanamaBinding binding = PanamaBinding.ofGpu(LibrarySearch.ofProcess());

    @Override
    Driver newDriver() {
        Survey.Place place = Device.survey().gpu();
        assumeTrue(place.usable(), () -> "no GPU: " + place.reason());
        return binding.driver();
    }

    @Override
    ForeignProgram newProgram() {
        return new ForeignProgram(binding);
    }

    @Override
    Device over(long context) {
        return Device.of(context);
    }
}
