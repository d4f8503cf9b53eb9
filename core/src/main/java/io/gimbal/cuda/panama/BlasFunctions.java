package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.CType.INT;
import static io.gimbal.cuda.panama.CType.POINTER;
import static io.gimbal.cuda.panama.CType.SIZE;

import java.lang.invoke.MethodHandle;

/** The functions of {@code cublas_api.h} that Gimbal calls. */
record BlasFunctions(
        @C(name = "cublasCreate_v2", takes = POINTER) MethodHandle create,
        @C(name = "cublasDestroy_v2", takes = POINTER) MethodHandle destroy,
        @C(name = "cublasGetVersion_v2", takes = {POINTER, POINTER}) MethodHandle version,
        @C(name = "cublasSetStream_v2", takes = {POINTER, POINTER}) MethodHandle setStream,
        @C(name = "cublasSetWorkspace_v2", takes = {POINTER, POINTER, SIZE}) MethodHandle setWorkspace,
        @C(name = "cublasSetMathMode", takes = {POINTER, INT}) MethodHandle setMathMode,
        @C(name = "cublasGemmEx", takes = {POINTER, INT, INT, INT, INT, INT, POINTER, POINTER, INT, INT, POINTER, INT,
            INT, POINTER, POINTER, INT, INT, INT, INT})
        MethodHandle gemm) {}
