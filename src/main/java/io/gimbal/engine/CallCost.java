package io.gimbal.engine;

import java.util.Optional;

/**
 * What a piece of work must do at least.
 *
 * @param operations multiplications, additions and the like
 * @param bytes      that must be read and written, each tensor once
 * @param rate       what the operations are computed in
 */
record CallCost(double operations, double bytes, Precision rate) {
    /** @param precision the program's */
    static CallCost of(Instruction.Call call, Precision precision) {
        return switch (call) {
            case Instruction.Call.Kernel kernel -> {
                KernelCost least = KernelCost.of(kernel.file(), kernel.name(), kernel.arguments().toArray());
                yield new CallCost(least.operations(), least.bytes(), Precision.FLOAT32);
            }
            case Instruction.Call.Convolved convolved -> new CallCost(convolved.geometry().operations(),
                    bytes(convolved.geometry(), precision), precision);
            case Instruction.Call.Product product -> of(product, precision);
        };
    }

    private static CallCost of(Instruction.Call.Product product, Precision precision) {
        double factors = (double) product.inner() * ((double) product.rows() + product.columns());
        double result = (double) product.rows() * product.columns();
        return new CallCost(2 * result * product.inner(), factors * precision.bytes() + result * (product.floats()
                ? Float.BYTES : precision.bytes()), precision);
    }

    static double bytes(ConvolutionGeometry geometry, Precision precision) {
        return (double) precision.bytes() * (geometry.inputElements() + geometry.filterElements()
                + geometry.outputElements());
    }

    /** With the shortest time at the limits, NaN where they are not known. */
    PlannedStep.Cost at(Optional<DeviceLimits> limits) {
        return new PlannedStep.Cost(operations, bytes, limits.map(known -> known.seconds(operations, rate, bytes))
                .orElse(Double.NaN));
    }
}
