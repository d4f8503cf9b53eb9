package io.gimbal.engine;

import io.gimbal.device.Device;
import io.gimbal.device.Stream;
import java.util.List;

/**
 * One piece of work of a program.
 *
 * @param buffers every buffer that it reads or writes: they are alive while it runs
 * @param library whether a library does it, which may allocate or load code when it runs for the first time
 * @param work    puts it on a stream; the buffers have their addresses
 */
record Instruction(List<Buffer> buffers, boolean library, Work work) {
    /** Puts the work on a stream of the device. */
    @FunctionalInterface
    interface Work {
        void enqueue(Device device, Stream stream);
    }

    void enqueue(Device device, Stream stream) {
        work.enqueue(device, stream);
    }
}
