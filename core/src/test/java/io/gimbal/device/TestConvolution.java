package io.gimbal.device;

import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.UnsupportedGraphException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** One convolution as a cuDNN operation graph: NHWC images, KRSC filters, computed in float32. */
public final class TestConvolution implements AutoCloseable {
    public enum Operation {
        FORWARD(10, 704, 703, 705, 702, 700),
        BACKWARD_FILTER(11, 716, 715, 717, 714, 712),
        BACKWARD_DATA(12, 710, 709, 711, 708, 706);

        private final int descriptor;
        private final int image;
        private final int filter;
        private final int output;
        private final int convolution;
        private final int alpha;

        Operation(int descriptor, int image, int filter, int output, int convolution, int alpha) {
            this.descriptor = descriptor;
            this.image = image;
            this.filter = filter;
            this.output = output;
            this.convolution = convolution;
            this.alpha = alpha;
        }
    }

    /** The figures of a convolution; one stride, padding and dilation for height and another for width. */
    public record Shape(int groups, int n, int h, int w, int c, int k, int r, int s, int[] stride, int[] padding,
            int[] dilation) {
        int p() {
            return (h + 2 * padding[0] - dilation[0] * (r - 1) - 1) / stride[0] + 1;
        }

        int q() {
            return (w + 2 * padding[1] - dilation[1] * (s - 1) - 1) / stride[1] + 1;
        }

        @Override
        public String toString() {
            return n + "x" + h + "x" + w + "x" + c + " by " + k + "x" + r + "x" + s + ", groups " + groups + ", stride "
                    + stride[0] + "," + stride[1] + ", padding " + padding[0] + "," + padding[1] + ", dilation "
                    + dilation[0] + "," + dilation[1];
        }
    }

    public static final int FLOAT = 0;
    public static final int BFLOAT16 = 9;
    static final int TYPE_HANDLE = 0;
    static final int TYPE_DATA_TYPE = 1;
    static final int TYPE_INT64 = 3;
    static final int TYPE_FLOAT = 4;
    static final int TYPE_VOID_POINTER = 6;
    static final int TYPE_CONVOLUTION_MODE = 7;
    static final int TYPE_HEUR_MODE = 8;
    static final int TYPE_NUMERICAL_NOTE = 11;
    static final int TYPE_DESCRIPTOR = 15;
    static final int HEUR_MODE_A = 3;
    static final int HEUR_MODE_B = 1;
    static final int HEUR_MODE_FALLBACK = 2;
    private static final Set<Integer> LESS_THAN_FLOAT = Set.of(0, 1);  // tensor cores, inputs converted down
    private static final Set<Integer> UNFIT = Set.of(2, 4);  // sums in less than float32, or in a changing order
    private static final int CROSS_CORRELATION = 1;

    private final Dnn dnn;
    private final long handle;
    private final List<Long> descriptors = new ArrayList<>();
    private boolean channelsFirst;
    private long plan;
    private long workspaceBytes;

    public TestConvolution(Dnn dnn, long handle) {
        this.dnn = dnn;
        this.handle = handle;
    }

    /** Builds graph and plan, with the best engine that takes it and adds up in plain float32, repeatably. */
    public TestConvolution plan(Operation operation, Shape shape, int dataType) {
        long graph = graph(operation, shape, dataType);
        int tried = 0;
        for (int mode : new int[] {HEUR_MODE_A, HEUR_MODE_FALLBACK}) {
            for (long configuration : configurations(graph, mode)) {
                tried++;
                if (fits(dataType, numericalNotes(configuration)) && planned(configuration)) {
                    return this;
                }
            }
        }
        throw new IllegalStateException("none of " + tried + " engines runs " + operation + " " + shape);
    }

    /** Plans with that configuration, which must be able to run it. */
    TestConvolution plan(long configuration) {
        if (!planned(configuration)) {
            throw new IllegalStateException("an engine that was offered cannot run it");
        }
        return this;
    }

    /** What the heuristics offer. */
    long[] configurations(long graph, int mode) {
        long heuristics = create(4);
        dnn.setAttribute(heuristics, 201, TYPE_DESCRIPTOR, graph);
        dnn.setAttribute(heuristics, 200, TYPE_HEUR_MODE, mode);
        dnn.finalizeDescriptor(heuristics);
        long[] configurations = new long[(int) dnn.attributeCount(heuristics, 202, TYPE_DESCRIPTOR)];
        for (int i = 0; i < configurations.length; i++) {
            configurations[i] = create(3);
        }
        int count = configurations.length == 0 ? 0 : dnn.attributeDescriptors(heuristics, 202, configurations);
        return Arrays.copyOf(configurations, count);
    }

    private static boolean fits(int dataType, int[] notes) {
        return Arrays.stream(notes).noneMatch(note -> UNFIT.contains(note)
                || dataType == FLOAT && LESS_THAN_FLOAT.contains(note));
    }

    int[] numericalNotes(long configuration) {
        return dnn.attributeInts(engine(configuration), 1303, TYPE_NUMERICAL_NOTE, 16);
    }

    /** The engine of a configuration. */
    long engine(long configuration) {
        long engine = create(2);
        dnn.attributeDescriptors(configuration, 300, engine);
        return engine;
    }

    /** What the plan says about itself. */
    String planText() {
        return dnn.attributeText(plan, 405, 4096);
    }

    private boolean planned(long configuration) {
        plan = create(5);
        dnn.setAttribute(plan, 400, TYPE_HANDLE, handle);
        dnn.setAttribute(plan, 401, TYPE_DESCRIPTOR, configuration);
        try {
            dnn.finalizeDescriptor(plan);
        } catch (UnsupportedGraphException refused) {
            return false;
        }
        workspaceBytes = dnn.attributeLongs(plan, 402, TYPE_INT64, 1)[0];
        return true;
    }

    /** Builds and finalizes the operation graph. */
    long graph(Operation operation, Shape shape, int dataType) {
        return graph(operation, shape, dataType, dataType);
    }

    /** The same with a filter of another type. */
    long graph(Operation operation, Shape shape, int dataType, int filterType) {
        long image = tensor(1, dataType, shape.n(), shape.c(), shape.h(), shape.w());
        long filter = tensor(2, filterType, shape.k(), shape.c() / shape.groups(), shape.r(), shape.s());
        long output = tensor(3, dataType, shape.n(), shape.k(), shape.p(), shape.q());
        long convolution = create(1);
        dnn.setAttribute(convolution, 100, TYPE_DATA_TYPE, FLOAT);
        dnn.setAttribute(convolution, 101, TYPE_CONVOLUTION_MODE, CROSS_CORRELATION);
        dnn.setAttribute(convolution, 106, TYPE_INT64, 2L);
        dnn.setAttribute(convolution, 105, TYPE_INT64, longs(shape.padding()));
        dnn.setAttribute(convolution, 104, TYPE_INT64, longs(shape.padding()));
        dnn.setAttribute(convolution, 102, TYPE_INT64, longs(shape.dilation()));
        dnn.setAttribute(convolution, 103, TYPE_INT64, longs(shape.stride()));
        dnn.finalizeDescriptor(convolution);
        long node = create(operation.descriptor);
        dnn.setAttribute(node, operation.convolution, TYPE_DESCRIPTOR, convolution);
        dnn.setAttribute(node, operation.image, TYPE_DESCRIPTOR, image);
        dnn.setAttribute(node, operation.filter, TYPE_DESCRIPTOR, filter);
        dnn.setAttribute(node, operation.output, TYPE_DESCRIPTOR, output);
        dnn.setAttribute(node, operation.alpha, TYPE_FLOAT, 1f);
        dnn.setAttribute(node, operation.alpha + 1, TYPE_FLOAT, 0f);
        dnn.finalizeDescriptor(node);
        long graph = create(15);
        dnn.setAttribute(graph, 800, TYPE_HANDLE, handle);
        dnn.setAttribute(graph, 801, TYPE_DESCRIPTOR, node);
        dnn.finalizeDescriptor(graph);
        return graph;
    }

    public long workspaceBytes() {
        return workspaceBytes;
    }

    public void execute(long image, long filter, long output, long workspace) {
        execute(pack(image, filter, output, workspace));
    }

    /** The pointers of an execution, which may run again and again; closing this destroys them. */
    public long pack(long image, long filter, long output, long workspace) {
        long pack = create(16);
        dnn.setAttribute(pack, 1000, TYPE_INT64, 1L, 2L, 3L);
        dnn.setAttribute(pack, 1001, TYPE_VOID_POINTER, image, filter, output);
        dnn.setAttribute(pack, 1003, TYPE_VOID_POINTER, workspace);
        dnn.finalizeDescriptor(pack);
        return pack;
    }

    public void execute(long pack) {
        dnn.execute(handle, plan, pack);
    }

    long create(int type) {
        long descriptor = dnn.createDescriptor(type);
        descriptors.add(descriptor);
        return descriptor;
    }

    /** Lets tensors from now on lie as NCHW. */
    void useChannelsFirst() {
        channelsFirst = true;
    }

    /** Dimensions as cuDNN wants them, channels second; strides with the channels innermost, or second. */
    private long tensor(long id, int dataType, long n, long c, long h, long w) {
        long tensor = create(17);
        dnn.setAttribute(tensor, 906, TYPE_INT64, id);
        dnn.setAttribute(tensor, 901, TYPE_DATA_TYPE, dataType);
        dnn.setAttribute(tensor, 902, TYPE_INT64, n, c, h, w);
        if (channelsFirst) {
            dnn.setAttribute(tensor, 903, TYPE_INT64, h * w * c, h * w, w, 1L);
        } else {
            dnn.setAttribute(tensor, 903, TYPE_INT64, h * w * c, 1L, w * c, c);
        }
        dnn.setAttribute(tensor, 900, TYPE_INT64, 16L);
        dnn.finalizeDescriptor(tensor);
        return tensor;
    }

    private static long[] longs(int[] values) {
        return new long[] {values[0], values[1]};
    }

    @Override
    public void close() {
        for (long descriptor : descriptors.reversed()) {
            dnn.destroyDescriptor(descriptor);
        }
        descriptors.clear();
    }
}
