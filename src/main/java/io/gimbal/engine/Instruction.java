package io.gimbal.engine;

import io.gimbal.device.Stream;
import java.util.List;

/** One piece of work of a program. */
interface Instruction {
    /** What it does, for messages. */
    String name();

    /** Every buffer that it reads or writes: they are alive while it runs. */
    List<Buffer> buffers();

    /** Puts the work on a stream; the buffers have their addresses. */
    void enqueue(Stream stream);
}
