package io.gimbal.engine;

import io.gimbal.device.Device;
import java.util.List;
import java.util.Optional;

/**
 * Plans convolutions for the device at hand, by the fastest engine that the precision allows: every engine that cuDNN
 * offers and that runs is timed on the device, unless the choice is known from before ({@link KeptEngines}) or there is
 * only one. Engines that sum in a changing order or in less than float32 are left out, in {@link Precision#FLOAT32}
 * those that use tensor cores or round their inputs down, too.
 *
 * <p>Plans live until this is closed. Nothing may be captured while it plans. Not thread-safe.
 */
final class Convolutions implements ConvolutionPlanner, AutoCloseable {
    /** A workspace may take this part of the device's memory. */
    private static final int WORKSPACE_SHARE = 8;

    private final Device device;
    private final Precision precision;
    private final KeptEngines kept;
    private final ConvolutionPlans plans;

    Convolutions(Device device, Precision precision) {
        this(device, precision, KeptEngines.of(device));
    }

    Convolutions(Device device, Precision precision, KeptEngines kept) {
        this.device = device;
        this.precision = precision;
        this.kept = kept;
        this.plans = new ConvolutionPlans(device.dnn(), this::choose);
    }

    @Override
    public ConvolutionPlan plan(ConvolutionDirection direction, ConvolutionGeometry geometry) {
        return plans.plan(direction, geometry);
    }

    private ConvolutionPlan choose(ConvolutionDirection direction, ConvolutionGeometry geometry) {
        String convolution = describe(precision, direction, geometry);
        Optional<KeptEngines.Answer> answer = kept.find(convolution);
        if (answer.isPresent() && answer.get() instanceof KeptEngines.Unsupported(String reason)) {
            throw new IllegalStateException(refusal(convolution, reason) + " (kept in " + kept.place() + ")");
        }
        PlanningTarget target = PlanningTarget.atHand(device.dnnHandle());
        try (EngineCandidates candidates = new EngineCandidates(device.dnn(), precision, target, direction, geometry)) {
            if (answer.isPresent() && answer.get() instanceof KeptEngines.Chosen chosen) {
                Optional<ConvolutionPlan> plan = candidates.plan(chosen.engine(), mostWorkspaceBytes());
                if (plan.isPresent()) {
                    return plan.get();
                }
            }
            List<ConvolutionPlan> able = candidates.plans(mostWorkspaceBytes());
            if (able.isEmpty()) {
                kept.keep(convolution, new KeptEngines.Unsupported(candidates.refusals()));
                throw new IllegalStateException(refusal(convolution, candidates.refusals()));
            }
            return able.size() == 1 ? able.getFirst() : fastest(convolution, geometry, able);
        }
    }

    private long mostWorkspaceBytes() {
        return mostWorkspaceBytes(device.totalMemory());
    }

    /** What a workspace may take of a device's memory: activations need it more. */
    static long mostWorkspaceBytes(long memoryBytes) {
        return memoryBytes / WORKSPACE_SHARE;
    }

    @Override
    public String describe(ConvolutionPlan plan) {
        return plan.describe(device.dnn());
    }

    private ConvolutionPlan fastest(String convolution, ConvolutionGeometry geometry, List<ConvolutionPlan> able) {
        ConvolutionPlan chosen = null;
        long workspace = able.stream().mapToLong(ConvolutionPlan::workspaceBytes).max().orElseThrow();
        try (EngineTimer timer = new EngineTimer(device, precision, geometry, workspace)) {
            EngineTimer.Fastest fastest = timer.fastest(able);
            chosen = fastest.plan();
            kept.keep(convolution, new KeptEngines.Chosen(chosen.engine(), fastest.microseconds()));
            return chosen;
        } finally {
            for (ConvolutionPlan plan : able) {
                if (plan != chosen) {
                    device.dnn().destroyDescriptor(plan.descriptor());
                }
            }
        }
    }

    /** A convolution in words that no other has. */
    static String describe(Precision precision, ConvolutionDirection direction, ConvolutionGeometry geometry) {
        return precision.text() + " " + direction.text() + " " + geometry.describe();
    }

    static String refusal(String convolution, String reason) {
        return "cuDNN has no engine for the convolution " + convolution + " that sums in float32 and in a fixed order: "
                + reason;
    }

    @Override
    public void close() {
        plans.close();
    }
}
