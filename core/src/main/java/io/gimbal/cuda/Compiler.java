package io.gimbal.cuda;

import java.util.List;

/** The slice of NVRTC that Gimbal calls. Thread-safe. */
public interface Compiler {
    /** {@code nvrtcVersion}, as "13.0". */
    String version();

    /**
     * Compiles one CUDA C++ source to a CUBIN.
     *
     * @param name    the file's name, as it appears in messages
     * @param headers the text of every header that the source includes
     * @param options NVRTC's options, such as {@code --gpu-architecture=sm_90}
     * @throws CudaException with the compiler's log if it does not compile
     */
    Compilation compile(String name, String source, List<Header> headers, List<String> options);

    /**
     * Compiles one CUDA C++ source to PTX, a text that ends with a zero; the parameters are those of {@link #compile}.
     * The software device's compiler has no PTX.
     *
     * @throws CudaException with the compiler's log if it does not compile
     */
    Compilation compileToPtx(String name, String source, List<Header> headers, List<String> options);

    /** A header by the name that sources include it under. */
    record Header(String name, String text) {}

    /** The CUBIN or PTX, and what the compiler said. */
    record Compilation(byte[] image, String log) {}
}
