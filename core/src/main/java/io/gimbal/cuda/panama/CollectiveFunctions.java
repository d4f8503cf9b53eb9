package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.CType.INT;
import static io.gimbal.cuda.panama.CType.POINTER;
import static io.gimbal.cuda.panama.CType.SIZE;
import static io.gimbal.cuda.panama.CType.UNIQUE_ID;

import java.lang.invoke.MethodHandle;

/** The functions of {@code nccl.h} that Gimbal calls. */
record CollectiveFunctions(
        @C(name = "ncclGetVersion", takes = POINTER) MethodHandle version,
        @C(name = "ncclGetLastError", returns = POINTER, takes = POINTER) MethodHandle lastError,
        @C(name = "ncclGetUniqueId", takes = POINTER) MethodHandle uniqueId,
        @C(name = "ncclCommInitRankConfig", takes = {POINTER, INT, UNIQUE_ID, INT, POINTER}) MethodHandle create,
        @C(name = "ncclCommGetAsyncError", takes = {POINTER, POINTER}) MethodHandle asyncError,
        @C(name = "ncclAllReduce", takes = {POINTER, POINTER, SIZE, INT, INT, POINTER, POINTER})
        MethodHandle allReduce,
        @C(name = "ncclBroadcast", takes = {POINTER, POINTER, SIZE, INT, INT, POINTER, POINTER})
        MethodHandle broadcast,
        @C(name = "ncclAllGather", takes = {POINTER, POINTER, SIZE, INT, POINTER, POINTER}) MethodHandle allGather,
        @C(name = "ncclGroupStart") MethodHandle groupStart,
        @C(name = "ncclGroupEnd") MethodHandle groupEnd,
        @C(name = "ncclCommFinalize", takes = POINTER) MethodHandle finish,
        @C(name = "ncclCommDestroy", takes = POINTER) MethodHandle destroy,
        @C(name = "ncclCommAbort", takes = POINTER) MethodHandle abort) {}
