package io.gimbal.cuda.jcuda;

import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;
import jcuda.nvrtc.JNvrtc;

/** JCuda's natives, each with what it asks for. */
enum JcudaLibrary {
    DRIVER("JCudaDriver", "jcuda-natives", "libcuda.so.1", "cuInit",
            () -> JCudaDriver.setLogLevel(jcuda.LogLevel.LOG_ERROR)),
    COMPILER("JNvrtc", "jcuda-natives", "libnvrtc.so.12", "nvrtcVersion",
            () -> JNvrtc.setLogLevel(jcuda.LogLevel.LOG_ERROR)),
    BLAS("JCublas2", "jcublas-natives", "libcublas.so.12", "cublasCreate_v2",
            () -> JCublas2.setLogLevel(jcuda.LogLevel.LOG_ERROR)),
    DNN("JCudnn", "jcudnn-natives", "libcudnn.so.9", "cudnnGetVersion",
            () -> JCudnn.setLogLevel(jcuda.LogLevel.LOG_ERROR));

    private final String stem;
    private final String artifact;
    private final String soname;
    private final String witness;
    private final Runnable firstUse;

    JcudaLibrary(String stem, String artifact, String soname, String witness, Runnable firstUse) {
        this.stem = stem;
        this.artifact = artifact;
        this.soname = soname;
        this.witness = witness;
        this.firstUse = firstUse;
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
