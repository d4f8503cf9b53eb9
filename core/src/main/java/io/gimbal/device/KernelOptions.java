package io.gimbal.device;

import java.util.List;

/** How kernels are compiled. */
final class KernelOptions {
    private KernelOptions() {}

    static List<String> forArchitecture(String architecture) {
        return List.of("--gpu-architecture=" + architecture, "--std=c++17", "--device-as-default-execution-space",
                "--device-int128");
    }
}
