package io.gimbal.cuda.panama;

import static io.gimbal.cuda.panama.CType.LONG;
import static io.gimbal.cuda.panama.CType.POINTER;

import java.lang.invoke.MethodHandle;

/** The software device's own functions. */
record SwitchFunctions(
        @C(name = "softcudaSet", takes = {POINTER, LONG}) MethodHandle set,
        @C(name = "softcudaGet", returns = LONG, takes = POINTER) MethodHandle get,
        @C(name = "softcudaLastMessage", returns = POINTER) MethodHandle lastMessage,
        @C(name = "softcudaCounts", returns = POINTER) MethodHandle counts) {}
