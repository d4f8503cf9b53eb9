package io.gimbal.dnn;

import io.gimbal.cuda.AllocationFailedException;
import io.gimbal.cuda.CudaException;
import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.device.Stream;
import java.util.List;
import java.util.Optional;

/**
 * Plans convolutions for the device at hand, by the fastest engine that the precision allows: every engine that cuDNN
 * offers and that runs is timed on the device, unless the choice is known from before ({@link KeptEngines}) or there is
 * only one. Engines that sum in a changing order or in less than float32 are left out, in {@link Precision#FLOAT32}
 * those that use tensor cores or round their inputs down, too.
 *
 * <p>Plans belong to a stream, by its cuDNN handle, and live until this is closed, which comes before the stream's
 * closing. Nothing may be captured while it plans. Not thread-safe.
 */
public final class TimedPlanner implements ConvolutionPlanner, AutoCloseable {
    /** A workspace may take this part of the device's memory. */
    private static final int WORKSPACE_SHARE = 8;

    private final Device device;
    private final Stream stream;
    private final Precision precision;
    private final KeptEngines kept;
    private final PlanCache plans;

    /** @param stream where the plans will run, and where engines are timed */
    public TimedPlanner(Device device, Stream stream, Precision precision) {
        this(device, stream, precision, KeptEngines.of(device));
    }

    TimedPlanner(Device device, Stream stream, Precision precision, KeptEngines kept) {
        this.device = device;
        this.stream = stream;
        this.precision = precision;
        this.kept = kept;
        this.plans = new PlanCache(device.dnn(), this::choose);
    }

    @Override
    public ConvolutionPlan plan(ConvolutionDirection direction, ConvolutionGeometry geometry) {
        return plans.plan(direction, geometry);
    }

    private ConvolutionPlan choose(ConvolutionDirection direction, ConvolutionGeometry geometry) {
        String convolution = describe(precision, direction, geometry);
        try {
            return choose(convolution, direction, geometry);
        } catch (CudaException failed) {
            throw new IllegalStateException("the convolution " + convolution + " could not be planned: "
                    + failed.getMessage(), failed);
        }
    }

    private ConvolutionPlan choose(String convolution, ConvolutionDirection direction, ConvolutionGeometry geometry) {
        PlanningTarget target = PlanningTarget.atHand(stream.dnnHandle());
        try (EngineCandidates candidates = new EngineCandidates(device.dnn(), precision, target, direction, geometry)) {
            Optional<ConvolutionPlan> known = kept.find(convolution).flatMap(chosen -> planKept(candidates,
                    convolution, chosen.engine()));
            if (known.isPresent()) {
                return known.get();
            }
            List<ConvolutionPlan> able = candidates.plans(mostWorkspaceBytes()).toList();
            if (able.isEmpty()) {
                throw candidates.none(convolution);
            }
            if (able.size() == 1) {
                return able.getFirst();
            }
            EngineTimer.Fastest fastest = fastest(geometry, able);
            // An engine that was left out for want of memory may be the fastest: another time shows it.
            if (!(candidates.failure() instanceof AllocationFailedException)) {
                kept.keep(convolution, new KeptEngines.Chosen(fastest.plan().engine(), fastest.microseconds()));
            }
            return fastest.plan();
        }
    }

    /** Empty where the kept engine is none of the candidates any more. */
    private Optional<ConvolutionPlan> planKept(EngineCandidates candidates, String convolution, EngineChoice engine) {
        try {
            return candidates.plan(engine, mostWorkspaceBytes());
        } catch (CudaException failed) {
            // It ran before. Another in its place would compute other bits, and nobody would know.
            throw new IllegalStateException("the convolution " + convolution + " could not be planned by "
                    + engine.describe() + ", which " + kept.place() + " keeps as the fastest: " + failed.getMessage()
                    + "; if it stays so, delete that file and the engines are timed anew", failed);
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

    private EngineTimer.Fastest fastest(ConvolutionGeometry geometry, List<ConvolutionPlan> able) {
        ConvolutionPlan chosen = null;
        long workspace = able.stream().mapToLong(ConvolutionPlan::workspaceBytes).max().orElseThrow();
        try (EngineTimer timer = new EngineTimer(device, stream, precision, geometry, workspace)) {
            EngineTimer.Fastest fastest = timer.fastest(able);
            chosen = fastest.plan();
            return fastest;
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

    @Override
    public void close() {
        plans.close();
    }
}
