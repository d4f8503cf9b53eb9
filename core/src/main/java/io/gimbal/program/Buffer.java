package io.gimbal.program;

/**
 * Memory of a program by name, before it has an address. A buffer of the arena gets its place from the {@link
 * MemoryPlan}; a fixed one lies where its owner put it.
 */
public final class Buffer {
    private final String name;
    private final long bytes;
    private long address;

    private Buffer(String name, long bytes, long address) {
        this.name = name;
        this.bytes = bytes;
        this.address = address;
    }

    static Buffer planned(String name, long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException(name + " has no bytes");
        }
        return new Buffer(name, bytes, 0);
    }

    /**
     * One that its owner will {@link #place}.
     *
     * @param name  for messages
     * @param bytes at least 0
     * @return the buffer
     */
    public static Buffer unplaced(String name, long bytes) {
        return new Buffer(name, bytes, 0);
    }

    /**
     * One that lies at that address.
     *
     * @param name    for messages
     * @param bytes   at least 0
     * @param address in device memory
     * @return the buffer
     */
    public static Buffer fixed(String name, long bytes, long address) {
        return new Buffer(name, bytes, address);
    }

    /** {@return its name, for messages and listings; buffers may share it} */
    public String name() {
        return name;
    }

    /** {@return its size in bytes} */
    public long bytes() {
        return bytes;
    }

    /**
     * Says where it lies.
     *
     * @param newAddress in device memory
     */
    public void place(long newAddress) {
        address = newAddress;
    }

    /** {@return where it lies; refused before it was placed} */
    public long address() {
        if (address == 0) {
            throw new IllegalStateException("buffer " + name + " is used before the memory plan has placed it");
        }
        return address;
    }

    /** {@return the whole buffer} */
    public Region region() {
        return new Region(this, 0);
    }
}
