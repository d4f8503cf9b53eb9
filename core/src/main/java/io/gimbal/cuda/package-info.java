/**
 * The C functions that Gimbal calls, as five small interfaces: {@link io.gimbal.cuda.Driver}, {@link
 * io.gimbal.cuda.Compiler}, {@link io.gimbal.cuda.Blas}, {@link io.gimbal.cuda.Dnn}, {@link
 * io.gimbal.cuda.Collectives}. Nothing outside this package and its sub-packages sees a type of a binding. For
 * Gimbal's own packages; a program that uses CUDA already names a {@link io.gimbal.device.BindingKind}, and takes
 * JCuda's objects apart by {@code JcudaHandles}.
 */
package io.gimbal.cuda;
