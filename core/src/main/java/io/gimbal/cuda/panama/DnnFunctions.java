package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.CType.INT;
import static io.gimbal.cuda.panama.CType.LONG;
import static io.gimbal.cuda.panama.CType.POINTER;
import static io.gimbal.cuda.panama.CType.SIZE;

import java.lang.invoke.MethodHandle;

/** The functions of {@code cudnn_graph.h} that Gimbal calls. */
record DnnFunctions(
        @C(name = "cudnnGetVersion", returns = SIZE) MethodHandle version,
        @C(name = "cudnnCreate", takes = POINTER) MethodHandle create,
        @C(name = "cudnnDestroy", takes = POINTER) MethodHandle destroy,
        @C(name = "cudnnSetStream", takes = {POINTER, POINTER}) MethodHandle setStream,
        @C(name = "cudnnBackendCreateDescriptor", takes = {INT, POINTER}) MethodHandle createDescriptor,
        @C(name = "cudnnBackendDestroyDescriptor", takes = POINTER) MethodHandle destroyDescriptor,
        @C(name = "cudnnBackendFinalize", takes = POINTER) MethodHandle finalizeDescriptor,
        @C(name = "cudnnBackendSetAttribute", takes = {POINTER, INT, INT, LONG, POINTER}) MethodHandle setAttribute,
        @C(name = "cudnnBackendGetAttribute", takes = {POINTER, INT, INT, LONG, POINTER, POINTER})
        MethodHandle getAttribute,
        @C(name = "cudnnBackendExecute", takes = {POINTER, POINTER, POINTER}) MethodHandle execute) {}
