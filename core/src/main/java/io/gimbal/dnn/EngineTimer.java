package io.gimbal.dnn;

import io.gimbal.device.Alignment;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Event;
import io.gimbal.device.Precision;
import io.gimbal.device.RandomMemory;
import io.gimbal.device.Resources;
import io.gimbal.device.Stream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Times the plans of one convolution on the device, on scratch memory with random data: a GPU multiplies zeros with
 * less power, and so faster. Owns the scratch memory until it is closed. Not thread-safe.
 */
final class EngineTimer implements AutoCloseable {
    /** The time that one convolution's plans may take together; about a hundred are offered. */
    private static final long BUDGET_NANOSECONDS = 250_000_000;
    /** Runs between two events: several, so that the device does not wait for the host. */
    private static final int RUNS = 3;
    private static final int MOST_ROUNDS = 8;
    /** Plans that took this many times as long as the fastest are not timed again. */
    private static final double HOPELESS = 1.5;
    /** Times this close are the same: repeated timings of one plan differ by as much. */
    private static final double NOISE = 1.03;

    private final Resources resources = new Resources();
    private final Device device;
    private final Stream stream;
    private final Event begin;
    private final Event end;
    private final long x;
    private final long w;
    private final long y;
    private final long workspace;

    /** The fastest plan and its time. */
    record Fastest(ConvolutionPlan plan, double microseconds) {}

    /**
     * @param stream         where the plans run
     * @param workspaceBytes the largest of the plans' workspaces
     */
    EngineTimer(Device device, Stream stream, Precision precision, ConvolutionGeometry geometry, long workspaceBytes) {
        this.device = device;
        this.stream = stream;
        long xBytes = Alignment.roundUp(geometry.inputElements() * precision.bytes());
        long wBytes = Alignment.roundUp(geometry.filterElements() * precision.bytes());
        long yBytes = Alignment.roundUp(geometry.outputElements() * precision.bytes());
        try {
            begin = resources.keep(device.newTimingEvent());
            end = resources.keep(device.newTimingEvent());
            DeviceMemory memory = resources.keep(device.allocate(xBytes + wBytes + yBytes + workspaceBytes));
            x = memory.address();
            w = x + xBytes;
            y = w + wBytes;
            workspace = workspaceBytes == 0 ? 0 : y + yBytes;
            RandomMemory.fill(device, stream, memory.address(), xBytes + wBytes + yBytes, precision);
        } catch (RuntimeException failure) {
            resources.closeAfter(failure);
            throw failure;
        }
    }

    /**
     * The fastest of them; of several that are as fast, the first. All are run once and timed, the first first, then
     * the promising ones again and again, until the time is spent.
     *
     * @param plans at least one, none of which needs more workspace than was asked for
     */
    Fastest fastest(List<ConvolutionPlan> plans) {
        long deadline = System.nanoTime() + BUDGET_NANOSECONDS;
        List<List<Double>> times = new ArrayList<>();
        for (ConvolutionPlan plan : plans) {
            if (!times.isEmpty() && System.nanoTime() > deadline) {
                break;
            }
            run(plan);
            times.add(new ArrayList<>(List.of(microseconds(plan))));
        }
        for (int round = 0; round < MOST_ROUNDS; round++) {
            double bound = HOPELESS * Arrays.stream(medians(times)).min().orElseThrow();
            for (int i = 0; i < times.size() && System.nanoTime() <= deadline; i++) {
                if (median(times.get(i)) <= bound) {
                    times.get(i).add(microseconds(plans.get(i)));
                }
            }
        }
        double[] medians = medians(times);
        int chosen = firstOfFastest(medians);
        return new Fastest(plans.get(chosen), medians[chosen]);
    }

    private double microseconds(ConvolutionPlan plan) {
        begin.record(stream);
        for (int i = 0; i < RUNS; i++) {
            run(plan);
        }
        end.record(stream);
        end.synchronize();
        return 1e3 * end.millisecondsSince(begin) / RUNS;
    }

    private void run(ConvolutionPlan plan) {
        plan.enqueue(device, stream, x, w, y, workspace);
    }

    private static double[] medians(List<List<Double>> times) {
        return times.stream().mapToDouble(EngineTimer::median).toArray();
    }

    private static double median(List<Double> times) {
        double[] sorted = times.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted[(sorted.length - 1) / 2];
    }

    /** The first time that no other beats by more than the noise. */
    static int firstOfFastest(double[] times) {
        double bound = NOISE * Arrays.stream(times).min().orElseThrow();
        int first = 0;
        while (times[first] > bound) {
            first++;
        }
        return first;
    }

    @Override
    public void close() {
        resources.close();
    }
}
