package io.gimbal.kernels;

import io.gimbal.device.DeviceUnderTest;
import java.util.List;

/** A way to run a kernel's source. */
enum Way {
    /** The software device's first: a block is one thread over a contiguous range. */
    FAST,
    /** Its second: true blocks of 256 threads, on fibers. */
    SIMT,
    /** What the real NVRTC makes of it, run by the software device; skipped where NVRTC is not installed. */
    PTX,
    /** Compiled for a GPU, and run there. */
    GPU;

    /** Those of the device under test. */
    static List<Way> underTest() {
        if (KernelDevice.mutated()) {
            return List.of(PTX);
        }
        return DeviceUnderTest.gpu() ? List.of(GPU) : List.of(FAST, SIMT, PTX);
    }
}
