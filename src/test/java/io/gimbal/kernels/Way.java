package io.gimbal.kernels;

/** The two ways in which the software device runs a kernel's source. */
enum Way {
    /** A block is one thread over a contiguous range. */
    FAST,
    /** True blocks of 256 threads, on fibers. */
    SIMT
}
