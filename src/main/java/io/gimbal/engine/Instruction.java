package io.gimbal.engine;

import io.gimbal.device.Stream;
import java.util.List;
import java.util.function.Consumer;

/**
 * One piece of work of a program.
 *
 * @param buffers every buffer that it reads or writes: they are alive while it runs
 * @param library whether a library does it, which may allocate or load code when it runs for the first time
 * @param work    puts it on a stream; the buffers have their addresses
 */
record Instruction(List<Buffer> buffers, boolean library, Consumer<Stream> work) {
    void enqueue(Stream stream) {
        work.accept(stream);
    }
}
