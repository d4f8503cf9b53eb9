package io.gimbal.cuda.panama;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;

/**
 * The C types that occur in bound prototypes. Pointers and handles travel as {@code long}: they are as wide, are passed
 * in the same registers, and need no object.
 */
enum CType {
    /** No value. */
    VOID(null),
    /** {@code unsigned char}. */
    BYTE(ValueLayout.JAVA_BYTE),
    /** {@code int}, {@code unsigned int} and every enumeration. */
    INT(ValueLayout.JAVA_INT),
    /** {@code long long} and {@code unsigned long long}, {@code int64_t}. */
    LONG(ValueLayout.JAVA_LONG),
    /** {@code size_t}. */
    SIZE(ValueLayout.JAVA_LONG),
    /** A host pointer, or a handle, which is one to a type of the library's own. */
    POINTER(ValueLayout.JAVA_LONG),
    /** {@code CUdeviceptr}. */
    DEVICE_POINTER(ValueLayout.JAVA_LONG),
    /** {@code ncclUniqueId}: a structure of 128 bytes, passed by value, as a memory segment. */
    UNIQUE_ID(MemoryLayout.structLayout(MemoryLayout.sequenceLayout(128, ValueLayout.JAVA_BYTE)));

    private final MemoryLayout layout;

    CType(MemoryLayout layout) {
        this.layout = layout;
    }

    /** How the foreign linker passes it; null for {@link #VOID}. */
    MemoryLayout layout() {
        return layout;
    }
}
