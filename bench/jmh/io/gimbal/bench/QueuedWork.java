package io.gimbal.bench;

import io.gimbal.cuda.Blas.Product;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Event;
import io.gimbal.device.Graph;
import io.gimbal.device.Kernel;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Stream;
import io.gimbal.device.TestConvolution;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Small work of each kind, ready to be queued, one method a kind. All memory holds ones in float32. */
@State(Scope.Thread)
public class QueuedWork {
    /** Bytes of a copy. */
    static final int COPY_BYTES = 4096;
    /** Rows and columns of a product's matrices. */
    static final int SIDE = 64;

    private static final int ONE = Float.floatToIntBits(1);
    private static final long ELEMENTS = SIDE * SIDE;
    private static final int CHANNELS = 16;
    private static final int PIXELS = 8;

    DeviceMemory first;
    DeviceMemory second;
    DeviceMemory result;

    private Device device;
    private Stream stream;
    private Stream copies;
    private PinnedMemory host;
    private Kernel add;
    private Graph graph;
    private TestConvolution convolution;
    private long pointers;
    private Event consumed;
    private Event uploaded;

    @Setup
    public void prepare(OpenDevice open) {
        device = open.device;
        stream = open.stream;
        copies = device.newStream();
        consumed = device.newEvent();
        uploaded = device.newEvent();
        first = ones();
        second = ones();
        result = ones();
        host = device.allocatePinned(COPY_BYTES);
        add = device.kernel("elementwise", "add");
        graph = stream.capture(this::launch);
        convolution = new TestConvolution(device.dnn(), stream.dnnHandle());
        convolution.plan(TestConvolution.Operation.FORWARD, new TestConvolution.Shape(1, 1, PIXELS, PIXELS, CHANNELS,
                CHANNELS, 3, 3, new int[] {1, 1}, new int[] {1, 1}, new int[] {1, 1}), TestConvolution.FLOAT);
        DeviceMemory workspace = device.allocate(Math.max(1, convolution.workspaceBytes()));
        pointers = convolution.pack(first.address(), second.address(), result.address(), workspace.address());
        device.synchronize();
    }

    private DeviceMemory ones() {
        DeviceMemory memory = device.allocate(ELEMENTS * Float.BYTES);
        stream.fillWords(memory.address(), ONE, ELEMENTS);
        return memory;
    }

    /** A launch of one block with four arguments: result = first + second, of 16 elements. */
    void launch() {
        add.launch(stream, 1, first, second, result, 16L);
    }

    /** A copy of 4 KiB from page-locked memory. */
    void copy() {
        stream.copyToDevice(first.address(), host, 0, COPY_BYTES);
    }

    /** A launch of a graph of one kernel. */
    void launchGraph() {
        stream.launch(graph);
    }

    /** A convolution of 8 x 8 places with 3 x 3 filters, 16 channels to 16, planned and given its pointers before. */
    void convolve() {
        convolution.execute(pointers);
    }

    /** A product of two matrices of 64 x 64. */
    void multiply() {
        device.blas().gemm(stream.blasHandle(), Product.FLOAT32, false, false, SIDE, SIDE, SIDE, 1, first.address(),
                SIDE, second.address(), SIDE, 0, result.address(), SIDE);
    }

    /** The calls of {@code TrainingStep.submit}, with a copy of 4 KiB as the batch and a kernel as the step. */
    void step() {
        copies.waitFor(consumed);
        copies.copyToDevice(second.address(), host, 0, COPY_BYTES);
        uploaded.record(copies);
        stream.waitFor(uploaded);
        stream.launch(graph);
        consumed.record(stream);
    }

    @TearDown(Level.Invocation)
    public void finish() {
        device.synchronize();
    }

    @TearDown
    public void close() {
        convolution.close();
    }
}
