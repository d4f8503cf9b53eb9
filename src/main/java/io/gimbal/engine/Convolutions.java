package io.gimbal.engine;

import static io.gimbal.engine.DnnNames.*;

import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.UnsupportedGraphException;
import io.gimbal.device.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Convolutions as cuDNN operation graphs: float32, images NHWC, filters out, kernel height, kernel width, in. One plan
 * for each direction and geometry, kept until this is closed. Engines that round inputs down or sum in a changing order
 * are left out, so that float32 means float32 and two runs give the same bits. Not thread-safe.
 */
final class Convolutions implements ConvolutionPlanner, AutoCloseable {
    private static final int MOST_CANDIDATES = 32;

    private record Key(ConvolutionDirection direction, ConvolutionGeometry geometry) {}

    private final Device device;
    private final Dnn dnn;
    private final Map<Key, ConvolutionPlan> plans = new HashMap<>();

    Convolutions(Device device) {
        this.device = device;
        this.dnn = device.dnn();
    }

    @Override
    public ConvolutionPlan plan(ConvolutionDirection direction, ConvolutionGeometry geometry) {
        return plans.computeIfAbsent(new Key(direction, geometry), key -> makePlan(direction, geometry));
    }

    private ConvolutionPlan makePlan(ConvolutionDirection direction, ConvolutionGeometry geometry) {
        try (Descriptors made = new Descriptors()) {
            long graph = operationGraph(made, direction, geometry);
            List<String> refusals = new ArrayList<>();
            for (int mode : new int[] {HEUR_MODE_A, HEUR_MODE_FALLBACK}) {
                for (long candidate : candidates(made, graph, mode, refusals)) {
                    ConvolutionPlan plan = tryPlan(made, candidate, refusals);
                    if (plan != null) {
                        return plan;
                    }
                }
            }
            throw new IllegalStateException("cuDNN has no deterministic float32 engine for the convolution "
                    + direction + " "
                    + geometry.describe() + (refusals.isEmpty() ? "" : ": " + String.join("; ", refusals)));
        }
    }

    private long operationGraph(Descriptors made, ConvolutionDirection direction, ConvolutionGeometry g) {
        long x = tensor(made, ConvolutionPlan.X_ID, g.batch(), g.in(), g.height(), g.width());
        long w = tensor(made, ConvolutionPlan.W_ID, g.out(), g.in(), g.kernel(), g.kernel());
        long y = tensor(made, ConvolutionPlan.Y_ID, g.batch(), g.out(), g.outHeight(), g.outWidth());
        long operation = made.create(direction.descriptor());
        dnn.setAttribute(operation, direction.x(), TYPE_BACKEND_DESCRIPTOR, x);
        dnn.setAttribute(operation, direction.w(), TYPE_BACKEND_DESCRIPTOR, w);
        dnn.setAttribute(operation, direction.y(), TYPE_BACKEND_DESCRIPTOR, y);
        dnn.setAttribute(operation, direction.convolution(), TYPE_BACKEND_DESCRIPTOR, convolution(made, g));
        dnn.setAttribute(operation, direction.alpha(), TYPE_FLOAT, 1f);
        dnn.setAttribute(operation, direction.beta(), TYPE_FLOAT, 0f);
        dnn.finalizeDescriptor(operation);
        long graph = made.create(OPERATIONGRAPH_DESCRIPTOR);
        dnn.setAttribute(graph, OPERATIONGRAPH_HANDLE, TYPE_HANDLE, device.dnnHandle());
        dnn.setAttribute(graph, OPERATIONGRAPH_OPS, TYPE_BACKEND_DESCRIPTOR, operation);
        dnn.finalizeDescriptor(graph);
        return graph;
    }

    private long tensor(Descriptors made, long id, long n, long c, long h, long w) {
        long tensor = made.create(TENSOR_DESCRIPTOR);
        dnn.setAttribute(tensor, TENSOR_UNIQUE_ID, TYPE_INT64, id);
        dnn.setAttribute(tensor, TENSOR_DATA_TYPE, TYPE_DATA_TYPE, DATA_FLOAT);
        dnn.setAttribute(tensor, TENSOR_DIMENSIONS, TYPE_INT64, n, c, h, w);
        dnn.setAttribute(tensor, TENSOR_STRIDES, TYPE_INT64, h * w * c, 1, w * c, c);
        dnn.setAttribute(tensor, TENSOR_BYTE_ALIGNMENT, TYPE_INT64, 16L);
        dnn.finalizeDescriptor(tensor);
        return tensor;
    }

    private long convolution(Descriptors made, ConvolutionGeometry g) {
        long convolution = made.create(CONVOLUTION_DESCRIPTOR);
        dnn.setAttribute(convolution, CONVOLUTION_SPATIAL_DIMS, TYPE_INT64, 2L);
        dnn.setAttribute(convolution, CONVOLUTION_COMP_TYPE, TYPE_DATA_TYPE, DATA_FLOAT);
        dnn.setAttribute(convolution, CONVOLUTION_CONV_MODE, TYPE_CONVOLUTION_MODE, CROSS_CORRELATION);
        dnn.setAttribute(convolution, CONVOLUTION_PRE_PADDINGS, TYPE_INT64, g.padding(), (long) g.padding());
        dnn.setAttribute(convolution, CONVOLUTION_POST_PADDINGS, TYPE_INT64, g.padding(), (long) g.padding());
        dnn.setAttribute(convolution, CONVOLUTION_DILATIONS, TYPE_INT64, g.dilation(), (long) g.dilation());
        dnn.setAttribute(convolution, CONVOLUTION_FILTER_STRIDES, TYPE_INT64, g.stride(), (long) g.stride());
        dnn.finalizeDescriptor(convolution);
        return convolution;
    }

    private long[] candidates(Descriptors made, long graph, int mode, List<String> refusals) {
        long heuristics = made.create(ENGINEHEUR_DESCRIPTOR);
        dnn.setAttribute(heuristics, ENGINEHEUR_OPERATION_GRAPH, TYPE_BACKEND_DESCRIPTOR, graph);
        dnn.setAttribute(heuristics, ENGINEHEUR_MODE, TYPE_HEUR_MODE, mode);
        try {
            dnn.finalizeDescriptor(heuristics);
        } catch (UnsupportedGraphException e) {
            refusals.add(e.getMessage());
            return new long[0];
        }
        int count = (int) Math.min(MOST_CANDIDATES, dnn.attributeCount(heuristics, ENGINEHEUR_RESULTS,
                TYPE_BACKEND_DESCRIPTOR));
        long[] candidates = new long[count];
        for (int i = 0; i < count; i++) {
            candidates[i] = made.create(ENGINECFG_DESCRIPTOR);
        }
        return count == 0 ? candidates : Arrays.copyOf(candidates, dnn.attributeDescriptors(heuristics,
                ENGINEHEUR_RESULTS, candidates));
    }

    private ConvolutionPlan tryPlan(Descriptors made, long candidate, List<String> refusals) {
        long engine = made.create(ENGINE_DESCRIPTOR);
        dnn.attributeDescriptors(candidate, ENGINECFG_ENGINE, engine);
        for (int note : dnn.attributeInts(engine, ENGINE_NUMERICAL_NOTE, TYPE_NUMERICAL_NOTE, 16)) {
            if (note == NOTE_TENSOR_CORE || note == NOTE_DOWN_CONVERT_INPUTS || note == NOTE_NONDETERMINISTIC) {
                return null;
            }
        }
        long plan = dnn.createDescriptor(EXECUTION_PLAN_DESCRIPTOR);
        try {
            dnn.setAttribute(plan, EXECUTION_PLAN_HANDLE, TYPE_HANDLE, device.dnnHandle());
            dnn.setAttribute(plan, EXECUTION_PLAN_ENGINE_CONFIG, TYPE_BACKEND_DESCRIPTOR, candidate);
            dnn.finalizeDescriptor(plan);
            return new ConvolutionPlan(plan, dnn.attributeLongs(plan, EXECUTION_PLAN_WORKSPACE_SIZE, TYPE_INT64, 1)[0]);
        } catch (UnsupportedGraphException e) {
            dnn.destroyDescriptor(plan);
            refusals.add(e.getMessage());
            return null;
        }
    }

    @Override
    public void close() {
        plans.values().forEach(plan -> dnn.destroyDescriptor(plan.descriptor()));
        plans.clear();
    }

    /** Descriptors that are needed only while something is built from them. */
    private final class Descriptors implements AutoCloseable {
        private final List<Long> made = new ArrayList<>();

        long create(int type) {
            long descriptor = dnn.createDescriptor(type);
            made.add(descriptor);
            return descriptor;
        }

        @Override
        public void close() {
            made.reversed().forEach(dnn::destroyDescriptor);
        }
    }
}
