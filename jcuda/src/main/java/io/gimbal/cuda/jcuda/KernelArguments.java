package io.gimbal.cuda.jcuda;

import jcuda.NativePointerObject;
import jcuda.Pointer;

/** A launch's arguments as JCuda takes them: a pointer to pointers to the values, one array a value. */
final class KernelArguments {
    private KernelArguments() {}

    static Pointer of(Object... arguments) {
        NativePointerObject[] pointers = new NativePointerObject[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            pointers[i] = switch (arguments[i]) {
                case Long value -> Pointer.to(new long[] {value});
                case Integer value -> Pointer.to(new int[] {value});
                case Float value -> Pointer.to(new float[] {value});
                case Double value -> Pointer.to(new double[] {value});
                default -> throw new AssertionError("argument " + i + " was let through: " + arguments[i]);
            };
        }
        return Pointer.to(pointers);
    }
}
