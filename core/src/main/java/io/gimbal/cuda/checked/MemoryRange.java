package io.gimbal.cuda.checked;

/**
 * A piece of memory.
 *
 * @param address its first byte
 * @param bytes   its size, at least 1
 * @param own     whether it was allocated through the checked driver, which alone may free it then
 */
record MemoryRange(Kind kind, long address, long bytes, boolean own) {
    enum Kind {
        DEVICE("device memory"),
        PINNED("pinned host memory");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** The first address behind it. */
    long end() {
        return address + bytes;
    }

    boolean contains(long place) {
        return Long.compareUnsigned(place - address, bytes) < 0;
    }

    /** How many bytes lie between it and an address outside. */
    long distance(long place) {
        return Long.compareUnsigned(place, address) < 0 ? address - place : place - end();
    }

    @Override
    public String toString() {
        return "the " + kind + " of " + bytes + " bytes at 0x" + Long.toHexString(address)
                + (own ? "" : ", made elsewhere");
    }
}
