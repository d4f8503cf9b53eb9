package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.CType.POINTER;
import static io.gimbal.cuda.panama.CType.SIZE;
import static io.gimbal.cuda.panama.CType.VOID;

import java.lang.invoke.MethodHandle;

/** The function of {@code cudnn_graph.h} that tells more of a failure, apart from the others: JCudnn lacks it. */
record LastDnnErrorFunctions(
        @C(name = "cudnnGetLastErrorString", returns = VOID, takes = {POINTER, SIZE}) MethodHandle lastErrorString) {}
