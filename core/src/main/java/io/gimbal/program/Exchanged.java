package io.gimbal.program;

import io.gimbal.cuda.Collectives.Element;
import io.gimbal.device.Communicator;

/**
 * Memory that ranks exchange.
 *
 * @param region  of the first element; of a gathering that of rank 0
 * @param count   how many elements: of a gathering those of one rank
 * @param element what they are
 */
public record Exchanged(Region region, long count, Element element) {
    /**
     * {@return memory that is exchanged byte by byte}
     *
     * @param name    for messages
     * @param address of the first byte, in device memory
     * @param count   how many
     */
    public static Exchanged bytes(String name, long address, long count) {
        return new Exchanged(Buffer.fixed(name, count, address).region(), count, Element.BYTE);
    }

    /** {@return how many bytes of it a rank has of its own} */
    public long bytes() {
        return count * element.bytes();
    }

    Communicator.Part part() {
        return new Communicator.Part(region.address(), count, element);
    }
}
