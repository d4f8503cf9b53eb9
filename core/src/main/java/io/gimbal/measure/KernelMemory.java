package io.gimbal.measure;

import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Resources;
import io.gimbal.storage.Sizes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A kernel's arguments on a device, as they are before a launch. Owns the memory. Not thread-safe. */
final class KernelMemory implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 20;

    private final Device device;
    private final Resources memory = new Resources();
    private final List<Object> arguments = new ArrayList<>();
    private final List<DeviceMemory> outputs = new ArrayList<>();
    private final List<KernelArgument.Array> written;

    /**
     * Allocates the arrays and fills them.
     *
     * @param seed of what is random; each array has numbers of its own
     * @throws UserException if they do not fit into the device's free memory, before any is allocated
     */
    KernelMemory(Device device, List<KernelArgument> given, long seed) {
        this.device = device;
        requireFree(device, given);
        written = outputs(given);
        try {
            for (int i = 0; i < given.size(); i++) {
                switch (given.get(i)) {
                    case KernelArgument.Scalar number -> arguments.add(number.argument());
                    case KernelArgument.Array array -> arguments.add(allocate(array, seed + i));
                }
            }
        } catch (RuntimeException | Error failure) {
            memory.closeAfter(failure);
            throw failure;
        }
    }

    /** The arrays that a kernel writes, in order. */
    static List<KernelArgument.Array> outputs(List<KernelArgument> arguments) {
        return arguments.stream().filter(KernelArgument.Array.class::isInstance).map(KernelArgument.Array.class::cast)
                .filter(KernelArgument.Array::output).toList();
    }

    private static void requireFree(Device device, List<KernelArgument> arguments) {
        long needed = 0;
        for (KernelArgument argument : arguments) {
            if (argument instanceof KernelArgument.Array array) {
                needed = array.bytes() > Long.MAX_VALUE - needed ? Long.MAX_VALUE : needed + array.bytes();
            }
        }
        long free = device.freeMemory();
        if (needed > free) {
            throw new UserException("The arrays take " + Sizes.shown(needed) + ", and " + device.name() + " has "
                    + Sizes.shown(free) + " free. Make them smaller.");
        }
    }

    private long allocate(KernelArgument.Array array, long seed) {
        DeviceMemory block = memory.keep(device.allocate(array.bytes()));
        ArrayNumbers numbers = new ArrayNumbers(array, seed);
        ByteBuffer chunk = buffer(array.bytes());
        for (long at = 0; at < array.bytes(); at += chunk.limit()) {
            numbers.next(chunk.clear().limit((int) Math.min(chunk.capacity(), array.bytes() - at)));
            device.upload(block.address() + at, chunk.flip());
        }
        if (array.output()) {
            outputs.add(block);
        }
        return block.address();
    }

    private static ByteBuffer buffer(long bytes) {
        return ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, bytes)).order(ByteOrder.nativeOrder());
    }

    /** As a launch takes them. */
    Object[] arguments() {
        return arguments.toArray();
    }

    /** The numbers that launches, which must be over, have left in an output; read them in order. */
    OutputNumbers output(int output) {
        return new Written(written.get(output).type(), outputs.get(output));
    }

    private final class Written implements OutputNumbers {
        private final ElementType type;
        private final DeviceMemory memory;
        private final ByteBuffer chunk;
        private long first = -1;

        private Written(ElementType type, DeviceMemory memory) {
            this.type = type;
            this.memory = memory;
            this.chunk = buffer(memory.bytes());
        }

        @Override
        public double value(long index) {
            return type.value(chunk, place(index));
        }

        @Override
        public long bits(long index) {
            return type.stored().bits(chunk, place(index));
        }

        /** Where the number stands in the chunk, which is read where it holds another piece. */
        private int place(long index) {
            long at = index * type.bytes();
            long start = at - at % chunk.capacity();
            if (start != first) {
                device.download(memory.address() + start, chunk.clear().limit((int) Math.min(chunk.capacity(),
                        memory.bytes() - start)));
                first = start;
            }
            return (int) ((at - start) / type.bytes());
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
