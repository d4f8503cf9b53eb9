package io.gimbal.device;

import io.gimbal.cuda.Driver;
import java.util.List;

/**
 * A compiled kernel. It belongs to its device and lives as long. Thread-safe; launches into one stream are for one
 * thread at a time.
 */
public final class Kernel {
    /** Threads of a block, in every launch. */
    public static final int BLOCK_THREADS = 256;

    /** Of a function, by the driver's numbers. */
    static final int ATTRIBUTE_LOCAL_BYTES = 3;
    /** Likewise. */
    static final int ATTRIBUTE_REGISTERS = 4;

    private final Device device;
    private final String file;
    private final String name;
    private final long function;
    private final List<KernelParameter> parameters;

    Kernel(Device device, String file, String name, long function, List<KernelParameter> parameters) {
        this.device = device;
        this.file = file;
        this.name = name;
        this.function = function;
        this.parameters = parameters;
    }

    /**
     * Puts a launch of {@code blocks} blocks of {@value #BLOCK_THREADS} threads into the stream.
     *
     * @param stream    of the kernel's device
     * @param blocks    at least 1; a grid has one dimension
     * @param arguments one for each parameter: a {@link DeviceMemory} or a Long for a pointer (0L for a null pointer),
     *                  a Long for a {@code long long}, an Integer for an {@code int}, a Float, a Double
     * @throws IllegalArgumentException if the arguments do not fit the kernel's parameters
     */
    public void launch(Stream stream, int blocks, Object... arguments) {
        if (blocks < 1) {
            throw new IllegalArgumentException(this + ": a launch needs at least 1 block, not " + blocks);
        }
        if (arguments.length != parameters.size()) {
            throw new IllegalArgumentException(this + " takes " + parameters.size() + " arguments, not "
                    + arguments.length + ": " + parameters.stream().map(KernelParameter::declaration).toList());
        }
        Object[] values = new Object[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            values[i] = checked(i, arguments[i]);
        }
        long handle = stream.handle();
        driver().launchKernel(function, blocks, 1, 1, BLOCK_THREADS, 1, 1, 0, handle, values);
    }

    private Object checked(int index, Object argument) {
        KernelParameter parameter = parameters.get(index);
        Object value = argument instanceof DeviceMemory memory ? (Object) memory.address() : argument;
        if (!parameter.type().isInstance(value)) {
            throw new IllegalArgumentException(this + ", argument " + index + " (" + parameter.declaration()
                    + ") must be a "
                    + parameter.type().getSimpleName() + ", not "
                    + (value == null ? "null" : value.getClass().getSimpleName()));
        }
        return value;
    }

    /** {@return registers that a thread uses} */
    public int registers() {
        return driver().functionAttribute(ATTRIBUTE_REGISTERS, function);
    }

    /** {@return bytes of local memory that a thread uses: spilled registers and arrays indexed at run time} */
    public int localBytes() {
        return driver().functionAttribute(ATTRIBUTE_LOCAL_BYTES, function);
    }

    private Driver driver() {
        return device.currentDriver();
    }

    @Override
    public String toString() {
        return "kernel " + name + " of " + file;
    }
}
