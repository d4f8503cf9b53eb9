package io.gimbal.device;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a kernel needs of a multiprocessor, as ptxas says it. Immutable.
 *
 * @param registers   of a thread
 * @param stackBytes  of local memory a thread: spilled registers, and arrays that are indexed at run time
 * @param spillBytes  stored and loaded again a thread for want of registers
 * @param sharedBytes of shared memory a block
 */
public record KernelResources(int registers, int stackBytes, int spillBytes, int sharedBytes) {
    private static final Pattern ENTRY = Pattern.compile("Compiling entry function '(\\w+)'");
    private static final Pattern LOCAL = Pattern.compile(
            "(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
    private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

    private static final int WARP = 32;
    private static final int REGISTER_UNIT = 8 * WARP;
    private static final int MOST_REGISTERS = 64 << 10;
    private static final int MOST_THREADS = 2048;
    private static final int MOST_BLOCKS = 32;
    private static final int SHARED_UNIT = 128;
    private static final int RESERVED_SHARED_BYTES = 1 << 10;
    private static final Map<String, Integer> SHARED_KIBIBYTES = Map.of("sm_80", 164, "sm_90", 228, "sm_100", 228);

    /**
     * Reads the log of a compilation with {@code --ptxas-options=-v}.
     *
     * @param log what NVRTC said
     * @return the kernels' needs by name, in the order of the log
     */
    public static Map<String, KernelResources> read(String log) {
        Map<String, KernelResources> kernels = new LinkedHashMap<>();
        String kernel = null;
        for (String line : log.lines().toList()) {
            Matcher entry = ENTRY.matcher(line);
            if (entry.find()) {
                kernel = entry.group(1);
                kernels.put(kernel, new KernelResources(0, 0, 0, 0));
            } else if (kernel != null) {
                kernels.computeIfPresent(kernel, (_, known) -> known.with(line));
            }
        }
        return kernels;
    }

    private KernelResources with(String line) {
        Matcher local = LOCAL.matcher(line);
        if (local.find()) {
            return new KernelResources(registers, stackBytes + number(local, 1),
                    spillBytes + number(local, 2) + number(local, 3), sharedBytes);
        }
        Matcher used = REGISTERS.matcher(line);
        if (!used.find()) {
            return this;
        }
        Matcher shared = SHARED.matcher(line);
        return new KernelResources(number(used, 1), stackBytes, spillBytes, shared.find() ? number(shared, 1) : 0);
    }

    private static int number(Matcher matcher, int group) {
        return Integer.parseInt(matcher.group(group));
    }

    /**
     * How many blocks of {@link Kernel#BLOCK_THREADS} threads a multiprocessor holds at once.
     *
     * @param architecture such as "sm_90"
     * @return how many; 0 if not even one fits
     * @throws IllegalArgumentException if the architecture is not known
     */
    public int residentBlocks(String architecture) {
        return residentBlocks(architecture, Kernel.BLOCK_THREADS, 0);
    }

    /**
     * {@return whether the limits of an architecture's multiprocessors are known}
     *
     * @param architecture such as "sm_90"
     */
    public static boolean knows(String architecture) {
        return SHARED_KIBIBYTES.containsKey(architecture);
    }

    /**
     * How many blocks a multiprocessor holds at once, by the limits in the CUDA C++ programming guide, "Technical
     * specifications per compute capability": 2048 threads; 32 blocks; 64 K registers, given to a warp in units of 256;
     * 164 KiB of shared memory for sm_80, 228 KiB for sm_90 and sm_100, of which each block takes 1 KiB beside its own.
     *
     * @param architecture such as "sm_90"
     * @param threads      of a block, 1 to 1024
     * @param launchBytes  of shared memory a block that the launch sizes
     * @return 0 if not even one fits: such a launch fails
     * @throws IllegalArgumentException if the architecture is not known
     */
    public int residentBlocks(String architecture, int threads, int launchBytes) {
        Integer shared = SHARED_KIBIBYTES.get(architecture);
        if (shared == null) {
            throw new IllegalArgumentException("the resources of " + architecture + " are not known; those of "
                    + SHARED_KIBIBYTES.keySet().stream().sorted().toList() + " are");
        }
        int warps = (threads + WARP - 1) / WARP;
        int blocks = Math.min(MOST_BLOCKS, MOST_THREADS / (warps * WARP));
        blocks = Math.min(blocks, MOST_REGISTERS / (warps * roundUp(Math.max(registers, 1) * WARP, REGISTER_UNIT)));
        return Math.min(blocks, (shared << 10)
                / roundUp(sharedBytes + launchBytes + RESERVED_SHARED_BYTES, SHARED_UNIT));
    }

    private static int roundUp(int value, int unit) {
        return (value + unit - 1) / unit * unit;
    }
}
