package io.gimbal.cuda.jcuda;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import jcuda.NativePointerObject;
import jcuda.Pointer;

/**
 * The number in one of JCuda's handles and pointers. JCuda keeps it to itself, and makes a new object for each number;
 * this reads it, and lets one object stand for one number after the other, so that a call makes none.
 */
final class NativePointers {
    private static final VarHandle NATIVE_POINTER = field(NativePointerObject.class, "nativePointer");
    private static final VarHandle BYTE_OFFSET = field(Pointer.class, "byteOffset");

    private NativePointers() {}

    private static VarHandle field(Class<?> type, String name) {
        try {
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup()).findVarHandle(type, name, long.class);
        } catch (ReflectiveOperationException otherJcuda) {
            throw new LinkageError("this JCuda's " + type.getSimpleName() + " has no field " + name
                    + "; Gimbal knows version 12.6.0", otherJcuda);
        }
    }

    static long get(NativePointerObject object) {
        return (long) NATIVE_POINTER.get(object);
    }

    /** The offset that JCuda adds to a pointer's number. */
    static long offset(Pointer pointer) {
        return (long) BYTE_OFFSET.get(pointer);
    }

    static <P extends NativePointerObject> P set(P object, long value) {
        NATIVE_POINTER.set((NativePointerObject) object, value);
        return object;
    }
}
