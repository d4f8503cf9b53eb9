package io.gimbal.cuda.panama;

import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Switches;
import java.lang.foreign.Arena;

/** The software device's switches. */
final class PanamaSwitches implements Switches {
    private final SwitchFunctions functions;

    PanamaSwitches(SharedLibrary library) {
        this.functions = NativeLoader.bind(SwitchFunctions.class, library);
    }

    @Override
    public void set(String name, long value) {
        int status;
        try (Arena arena = Arena.ofConfined()) {
            status = Calls.call(functions.set(), arena.allocateFrom(name).address(), value);
        }
        if (status != 0) {
            throw new CudaException("softcudaSet", status,
                    "softcudaSet(" + name + " = " + value
                    + ") failed: the software device has no such switch or value");
        }
    }

    @Override
    public long get(String name) {
        try (Arena arena = Arena.ofConfined()) {
            return Calls.callLong(functions.get(), arena.allocateFrom(name).address());
        }
    }

    @Override
    public String lastMessage() {
        return SharedLibrary.text(Calls.callLong(functions.lastMessage()));
    }

    @Override
    public String counts() {
        return SharedLibrary.text(Calls.callLong(functions.counts()));
    }
}
