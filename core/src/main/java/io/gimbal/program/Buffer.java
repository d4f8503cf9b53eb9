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

    /** One that its owner will {@link #place}. */
    public static Buffer unplaced(String name, long bytes) {
        return new Buffer(name, bytes, 0);
    }

    /** One that lies at that address. */
    public static Buffer fixed(String name, long bytes, long address) {
        return new Buffer(name, bytes, address);
    }

    /** For messages and listings; buffers may share it. */
    public String name() {
        return name;
    }

    /** Its size. */
    public long bytes() {
        return bytes;
    }

    /** Says where it lies. */
    public void place(long newAddress) {
        address = newAddress;
    }

    /** Where it lies; only once it was placed. */
    public long address() {
        if (address == 0) {
            throw new IllegalStateException("buffer " + name + " is used before the memory plan has placed it");
        }
        return address;
    }

    /** The whole buffer. */
    public Region region() {
        return new Region(this, 0);
    }
}
