package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.CType.INT;
import static io.gimbal.cuda.panama.CType.POINTER;

import java.lang.invoke.MethodHandle;

/** The functions of {@code nvrtc.h} that Gimbal calls. */
record CompilerFunctions(
        @C(name = "nvrtcVersion", takes = {POINTER, POINTER}) MethodHandle version,
        @C(name = "nvrtcCreateProgram", takes = {POINTER, POINTER, POINTER, INT, POINTER, POINTER})
        MethodHandle createProgram,
        @C(name = "nvrtcDestroyProgram", takes = POINTER) MethodHandle destroyProgram,
        @C(name = "nvrtcCompileProgram", takes = {POINTER, INT, POINTER}) MethodHandle compileProgram,
        @C(name = "nvrtcGetProgramLogSize", takes = {POINTER, POINTER}) MethodHandle programLogSize,
        @C(name = "nvrtcGetProgramLog", takes = {POINTER, POINTER}) MethodHandle programLog,
        @C(name = "nvrtcGetCUBINSize", takes = {POINTER, POINTER}) MethodHandle cubinSize,
        @C(name = "nvrtcGetCUBIN", takes = {POINTER, POINTER}) MethodHandle cubin) {}
