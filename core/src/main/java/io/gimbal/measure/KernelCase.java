package io.gimbal.measure;

import java.util.function.Function;

/**
 * A launch to be timed.
 *
 * @param file      the kernel's file in {@code kernels/}
 * @param kernel    its name
 * @param shape     what of, for people
 * @param blocks    of the launch
 * @param arguments the launch's, over memory that is asked for
 */
public record KernelCase(String file, String kernel, String shape, int blocks,
        Function<KernelBuffers, Object[]> arguments) {}
