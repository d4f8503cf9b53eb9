package io.gimbal.cuda.panama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * {@code cudnnGetLastErrorString}: what cuDNN says of its last failure on the calling thread; empty before cuDNN 9,
 * which does not have it. Thread-safe.
 */
public final class LastDnnError implements Supplier<String> {
    private static final int MESSAGE_BYTES = 4096;

    private final LastDnnErrorFunctions functions;

    /** Asks the cuDNN in {@code library}. */
    public LastDnnError(SharedLibrary library) {
        this.functions = NativeLoader.bind(LastDnnErrorFunctions.class, library);
    }

    @Override
    public String get() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(MESSAGE_BYTES);
            functions.lastErrorString().invokeExact(message.address(), (long) MESSAGE_BYTES);
            return message.getString(0);
        } catch (UnsatisfiedLinkError beforeCudnn9) {
            return "";
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }
}
