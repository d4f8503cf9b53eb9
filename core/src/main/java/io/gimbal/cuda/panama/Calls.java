package io.gimbal.cuda.panama;

import java.lang.invoke.MethodHandle;

/**
 * Calls of C functions that return a status, one method a shape. A native function throws nothing, so what comes out of
 * a handle is an {@link UnsatisfiedLinkError} or a defect of the binding; keeping the {@code try} here keeps it away
 * from the check of the status.
 */
final class Calls {
    private Calls() {}

    static int call(MethodHandle function) {
        try {
            return (int) function.invokeExact();
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, int a) {
        try {
            return (int) function.invokeExact(a);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a) {
        try {
            return (int) function.invokeExact(a);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, int a, long b) {
        try {
            return (int) function.invokeExact(a, b);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, int b) {
        try {
            return (int) function.invokeExact(a, b);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, long b) {
        try {
            return (int) function.invokeExact(a, b);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, int b, int c) {
        try {
            return (int) function.invokeExact(a, b, c);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, int b, long c) {
        try {
            return (int) function.invokeExact(a, b, c);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, long b, int c) {
        try {
            return (int) function.invokeExact(a, b, c);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, long b, long c) {
        try {
            return (int) function.invokeExact(a, b, c);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, int a, long b, long c) {
        try {
            return (int) function.invokeExact(a, b, c);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, long b, long c, long d) {
        try {
            return (int) function.invokeExact(a, b, c, d);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, byte b, long c, long d) {
        try {
            return (int) function.invokeExact(a, b, c, d);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, int b, long c, long d) {
        try {
            return (int) function.invokeExact(a, b, c, d);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, int b, int c, long d, long e) {
        try {
            return (int) function.invokeExact(a, b, c, d, e);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, int b, int c, long d, long e, long f) {
        try {
            return (int) function.invokeExact(a, b, c, d, e, f);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, long b, long c, int d, long e, long f) {
        try {
            return (int) function.invokeExact(a, b, c, d, e, f);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static int call(MethodHandle function, long a, long b, long c, int d, int e, long f, long g) {
        try {
            return (int) function.invokeExact(a, b, c, d, e, f, g);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static long callLong(MethodHandle function) {
        try {
            return (long) function.invokeExact();
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    static long callLong(MethodHandle function, long a) {
        try {
            return (long) function.invokeExact(a);
        } catch (Throwable problem) {
            throw rethrown(problem);
        }
    }

    /** What to throw for something thrown by a handle; unchecked things are thrown at once. */
    static AssertionError rethrown(Throwable problem) {
        if (problem instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (problem instanceof Error error) {
            throw error;
        }
        return new AssertionError("a C function cannot throw", problem);
    }
}
