package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.CType.POINTER;

import java.lang.invoke.MethodHandle;

/** The functions of {@code nvrtc.h} for a program's PTX. The software device, which compiles nothing, has none. */
record PtxFunctions(
        @C(name = "nvrtcGetPTXSize", takes = {POINTER, POINTER}) MethodHandle ptxSize,
        @C(name = "nvrtcGetPTX", takes = {POINTER, POINTER}) MethodHandle ptx) {}
