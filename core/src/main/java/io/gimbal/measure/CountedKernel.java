package io.gimbal.measure;

import io.gimbal.device.KernelCounts;
import io.gimbal.device.KernelResources;
import java.util.List;

/**
 * A launch of {@link KernelCases} that was counted.
 *
 * @param launch    the launch
 * @param cost      what it must do
 * @param counts    what it did
 * @param resources what the kernel needs of a multiprocessor
 * @param resident  blocks that a multiprocessor holds at once
 * @param entry     the counts as {@link KernelTable} keeps them
 */
public record CountedKernel(KernelCase launch, KernelCost cost, KernelCounts counts, KernelResources resources,
        int resident, KernelTable.Entry entry) {
    private static final double KIBI = 1 << 10;

    static CountedKernel of(KernelCase launch, Object[] arguments, KernelCounts counts, KernelResources resources,
            String architecture) {
        KernelCost cost = KernelCost.of(launch.file(), launch.kernel(), arguments);
        return new CountedKernel(launch, cost, counts, resources, resources.residentBlocks(architecture),
                KernelTable.Entry.of(launch.file(), launch.shape(), List.of(arguments), cost, counts));
    }

    /** {@return instructions of warps for each KiB that the kernel must move} */
    public double instructions() {
        return KIBI * counts.warpInstructions() / cost.bytes();
    }

    /** {@return bytes that were read and written, each once, over those that must be} */
    public double bytes() {
        return (double) counts.bytes() / cost.bytes();
    }

    /** Kernel and what of, for people. */
    String title() {
        return launch.kernel() + " of " + launch.shape();
    }
}
