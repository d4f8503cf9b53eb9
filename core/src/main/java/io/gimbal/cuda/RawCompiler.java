package io.gimbal.cuda;

import java.util.List;

/**
 * NVRTC's C functions as a binding calls them: each returns the status, and writes what it yields to the start of an
 * array. {@link ThrowingCompiler} checks the statuses.
 */
public interface RawCompiler {
    /** {@code nvrtcVersion}: major and minor. */
    int version(int[] majorAndMinor);

    /** {@code nvrtcCreateProgram}. */
    int createProgram(long[] program, String source, String name, List<Compiler.Header> headers);

    /** {@code nvrtcDestroyProgram}. */
    int destroyProgram(long program);

    /** {@code nvrtcCompileProgram}. */
    int compileProgram(long program, List<String> options);

    /** {@code nvrtcGetProgramLog}, all of it; empty where it cannot be had. */
    String log(long program);

    /** {@code nvrtcGetCUBINSize}. */
    int cubinSize(long program, long[] bytes);

    /** {@code nvrtcGetCUBIN} into an array of at least that size. */
    int cubin(long program, byte[] image);

    /** {@code nvrtcGetPTXSize}: with the zero that ends the text. */
    int ptxSize(long program, long[] bytes);

    /** {@code nvrtcGetPTX}, its zero included, into an array of at least that size. */
    int ptx(long program, byte[] text);
}
