package io.gimbal.device;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.cuda.Binding;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.Arrays;

/** What a program does that uses CUDA by itself: calls of the driver's C functions by name. */
final class ForeignProgram {
    private final SymbolLookup library;

    /** A program that uses the same library as the binding's driver. */
    ForeignProgram(Binding binding) {
        library = SymbolLookup.libraryLookup(Path.of(binding.libraries().getFirst().path()), Arena.global());
    }

    /** The status of a call; each argument is an Integer, or a Long for what is as wide as a pointer. */
    int status(String function, Object... arguments) {
        MemoryLayout[] layouts = Arrays.stream(arguments)
                .map(argument -> argument instanceof Integer ? JAVA_INT : JAVA_LONG).toArray(MemoryLayout[]::new);
        try {
            return (int) Linker.nativeLinker()
                    .downcallHandle(library.findOrThrow(function), FunctionDescriptor.of(JAVA_INT, layouts))
                    .invokeWithArguments(arguments);
        } catch (Throwable problem) {
            throw new AssertionError(function + " could not be called", problem);
        }
    }

    void call(String function, Object... arguments) {
        assertEquals(0, status(function, arguments), () -> "status of " + function + Arrays.toString(arguments));
    }

    /** What a call writes to the pointer that is its first argument; 64 bits, zero before it. */
    long get(String function, Object... others) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(JAVA_LONG);
            Object[] arguments = new Object[others.length + 1];
            arguments[0] = result.address();
            System.arraycopy(others, 0, arguments, 1, others.length);
            call(function, arguments);
            return result.get(JAVA_LONG, 0);
        }
    }

    /** A context of its own on the first device, which is current on this thread from now on. */
    long newContext() {
        return get("cuCtxCreate_v2", 0, 0);
    }

    void destroyContext(long context) {
        call("cuCtxDestroy_v2", context);
    }
}
