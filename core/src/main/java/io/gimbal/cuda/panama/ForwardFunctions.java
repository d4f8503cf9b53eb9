package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.CType.POINTER;

import java.lang.invoke.MethodHandle;

/** The functions of the libraries of {@code native/forward}. */
record ForwardFunctions(
        @C(name = SharedLibrary.FORWARDER, returns = POINTER, takes = POINTER) MethodHandle forwardTo,
        @C(name = "gimbalForwardsTo", returns = POINTER) MethodHandle forwardsTo) {}
