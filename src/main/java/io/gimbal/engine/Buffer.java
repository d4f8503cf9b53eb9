package io.gimbal.engine;

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

    /** One that its owner will {@link #place}. */
    static Buffer unplaced(String name, long bytes) {
        return new Buffer(name, bytes, 0);
    }

    static Buffer fixed(String name, long bytes, long address) {
        return new Buffer(name, bytes, address);
    }

    String name() {
        return name;
    }

    long bytes() {
        return bytes;
    }

    void place(long newAddress) {
        address = newAddress;
    }

    long address() {
        if (address == 0) {
            throw new IllegalStateException("buffer " + name + " is used before the memory plan has placed it");
        }
        return address;
    }

    /** The whole buffer. */
    Region region() {
        return new Region(this, 0);
    }
}
