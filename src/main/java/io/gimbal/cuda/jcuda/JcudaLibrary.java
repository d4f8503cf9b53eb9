package io.gimbal.cuda.jcuda;

import io.gimbal.cuda.CudaLibrary;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;
import jcuda.nvrtc.JNvrtc;

/** JCuda's natives, each with what it asks for. */
enum JcudaLibrary {
    DRIVER(CudaLibrary.DRIVER, "JCudaDriver", "jcuda-natives", "libcuda.so.1", "cuInit",
            () -> JCudaDriver.setLogLevel(jcuda.LogLevel.LOG_ERROR)),
    COMPILER(CudaLibrary.COMPILER, "JNvrtc", "jcuda-natives", "libnvrtc.so.12", "nvrtcVersion",
            () -> JNvrtc.setLogLevel(jcuda.LogLevel.LOG_ERROR)),
    BLAS(CudaLibrary.BLAS, "JCublas2", "jcublas-natives", "libcublas.so.12", "cublasCreate_v2",
            () -> JCublas2.setLogLevel(jcuda.LogLevel.LOG_ERROR)),
    DNN(CudaLibrary.DNN, "JCudnn", "jcudnn-natives", "libcudnn.so.9", "cudnnGetVersion",
            () -> JCudnn.setLogLevel(jcuda.LogLevel.LOG_ERROR));

    private final CudaLibrary library;
    private final String stem;
    private final String artifact;
    private final String soname;
    private final String witness;
    private final Runnable firstUse;

    JcudaLibrary(CudaLibrary library, String stem, String artifact, String soname, String witness,
            Runnable firstUse) {
        this.library = library;
        this.stem = stem;
        this.artifact = artifact;
        this.soname = soname;
        this.witness = witness;
        this.firstUse = firstUse;
    }

    /** The library of CUDA behind it. */
    CudaLibrary library() {
        return library;
    }

    /** The native's name without version and platform, such as "JCublas2". */
    String stem() {
        return stem;
    }

    /** The Maven artifact that has the native. */
    String artifact() {
        return artifact;
    }

    /** The soname that the native asks for. */
    String soname() {
        return soname;
    }

    /** A function of the library by which the file that it was loaded from is found. */
    String witness() {
        return witness;
    }

    /** Lets JCuda load the native, if it has not yet. */
    void use() {
        firstUse.run();
    }
}
