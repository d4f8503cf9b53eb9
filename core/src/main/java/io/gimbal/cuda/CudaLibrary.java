package io.gimbal.cuda;

import java.util.List;

/** The libraries of CUDA that Gimbal calls, with the sonames that it knows, the preferred first. */
public enum CudaLibrary {
    /** The driver, which comes with the GPU's kernel module and never with a toolkit. */
    DRIVER("CUDA driver", "libcuda", List.of("libcuda.so.1")),
    /** The run-time compiler. */
    COMPILER("NVRTC", "libnvrtc", List.of("libnvrtc.so.13", "libnvrtc.so.12")),
    /** Matrix products. */
    BLAS("cuBLAS", "libcublas", List.of("libcublas.so.13", "libcublas.so.12")),
    /** Convolutions. */
    DNN("cuDNN", "libcudnn", List.of("libcudnn.so.9", "libcudnn.so.8")),
    /** What several GPUs compute together. */
    COLLECTIVES("NCCL", "libnccl", List.of("libnccl.so.2"));

    private final String title;
    private final String stem;
    private final List<String> sonames;

    CudaLibrary(String title, String stem, List<String> sonames) {
        this.title = title;
        this.stem = stem;
        this.sonames = sonames;
    }

    /** What people call it, such as "cuDNN". */
    public String title() {
        return title;
    }

    /** The file name without ".so" and version, such as "libcudnn". */
    public String stem() {
        return stem;
    }

    /** The file names to look for, in order of preference. */
    public List<String> sonames() {
        return sonames;
    }
}
