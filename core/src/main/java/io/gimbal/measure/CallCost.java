package io.gimbal.measure;

import io.gimbal.device.Precision;
import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.dnn.DeviceLimits;
import io.gimbal.program.Instruction;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a piece of work must do at least, and what a kernel does.
 *
 * @param operations multiplications, additions and the like
 * @param bytes      that must be read and written, each tensor once
 * @param rate       what the operations are computed in
 * @param counted    what a kernel does by its counts; empty where there are none
 */
record CallCost(double operations, double bytes, Precision rate, Optional<Counted> counted) {
    /**
     * What a launch does.
     *
     * @param blocks       of the launch
     * @param movedBytes   that go through memory: whole sectors
     * @param loaded       sectors that its warps ask for
     * @param stored       sectors that its warps write
     * @param instructions of warps, as PTX has them
     */
    record Counted(int blocks, double movedBytes, double loaded, double stored, double instructions) {}

    private static CallCost least(double operations, double bytes, Precision rate) {
        return new CallCost(operations, bytes, rate, Optional.empty());
    }

    /** @param precision the program's */
    static CallCost of(Instruction.Call call, Precision precision) {
        return switch (call) {
            case Instruction.Call.Kernel kernel -> {
                KernelCost least = KernelCost.of(kernel.file(), kernel.name(), kernel.arguments().toArray());
                yield new CallCost(least.operations(), least.bytes(), Precision.FLOAT32, KernelTable.BUILT_IN.counted(
                        kernel.file(), kernel.name(), kernel.blocks(), kernel.arguments(), least));
            }
            case Instruction.Call.Convolved convolved -> least(convolved.geometry().operations(),
                    bytes(convolved.geometry(), precision), precision);
            case Instruction.Call.Product product -> of(product, precision);
            // What goes between ranks takes the time of the way between them, not of a device.
            case Instruction.Call.Exchange _, Instruction.Call.Awaited _ -> least(0, 0, precision);
        };
    }

    private static CallCost of(Instruction.Call.Product product, Precision precision) {
        double factors = (double) product.inner() * ((double) product.rows() + product.columns());
        double result = (double) product.rows() * product.columns();
        return least(2 * result * product.inner(), factors * precision.bytes() + result * (product.floats()
                ? Float.BYTES : precision.bytes()), precision);
    }

    static double bytes(ConvolutionGeometry geometry, Precision precision) {
        return (double) precision.bytes() * (geometry.inputElements() + geometry.filterElements()
                + geometry.outputElements());
    }

    /** The shortest time by each limit; one beside the other, the longest of them is the work's. */
    private Map<Limit, Double> seconds(DeviceLimits limits) {
        Map<Limit, Double> seconds = new EnumMap<>(Limit.class);
        seconds.put(Limit.ARITHMETIC, operations / limits.flops(rate));
        seconds.put(Limit.MEMORY, bytes / limits.bytesPerSecond());
        if (limits.multiprocessors().isPresent() && counted.isPresent()) {
            DeviceLimits.Multiprocessors all = limits.multiprocessors().get();
            Counted launch = counted.get();
            seconds.put(Limit.MEMORY, launch.movedBytes() / limits.bytesPerSecond());
            seconds.put(Limit.REQUESTS, all.requestSeconds(launch.loaded(), launch.stored(), launch.blocks()));
            seconds.put(Limit.INSTRUCTIONS, all.instructionSeconds(launch.instructions(), launch.blocks()));
        }
        return seconds;
    }

    /** The limit that takes longest. */
    Limit binding(DeviceLimits limits) {
        return Collections.max(seconds(limits).entrySet(), Map.Entry.comparingByValue()).getKey();
    }

    /** With the shortest time at the limits, NaN where they are not known. */
    PlannedStep.Cost at(Optional<DeviceLimits> limits) {
        return new PlannedStep.Cost(operations, bytes, limits.map(known -> seconds(known).get(
                binding(known))).orElse(Double.NaN));
    }
}
