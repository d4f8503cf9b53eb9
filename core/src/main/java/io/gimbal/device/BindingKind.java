package io.gimbal.device;

/** By what the C functions are called. What is computed is the same to the bit, and so are errors and counters. */
public enum BindingKind {
    /** Java's foreign function interface; needs nothing but CUDA. */
    PANAMA,
    /** JCuda, JCublas and JCudnn, whose handles and pointers a program may then share. Linux on x86-64. */
    JCUDA
}
