package io.gimbal.bench;

import io.gimbal.cuda.Blas;
import io.gimbal.cuda.BindingKind;
import io.gimbal.cuda.Driver;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Event;
import io.gimbal.device.Graph;
import io.gimbal.device.Kernel;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Stream;
import io.gimbal.device.TestConvolution;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What a call costs the host by either binding. JCuda's natives bind once in a process, and JMH forks one for each binding.
 *
 * <p>The first two do no work on the device, and show the bindings alone. The others put work in, and it runs beside the
 * measurement: on the software device on the same cores. So that no queue builds up, each invocation is {@value #CALLS}
 * calls and a wait at the end, all of which is counted; what both bindings have in common is in both figures.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BindingBenchmark {
    static final int CALLS = 64;

    private static final int COPY_BYTES = 4096;
    private static final int MATRIX = 64;

    @Param({"PANAMA", "JCUDA"})
    BindingKind binding;

    private Device device;
    private Driver driver;
    private Stream stream;
    private Event event;
    private DeviceMemory memory;
    private PinnedMemory pinned;
    private Kernel add;
    private Graph graph;
    private TestConvolution convolution;
    private DeviceMemory[] images;
    private DeviceMemory workspace;
    private DeviceMemory[] matrices;

    /** Opens the device, on a GPU where there is one, and makes what the calls want. */
    @Setup(Level.Trial)
    public void open() {
        device = Device.open(DeviceKind.AUTO, binding);
        driver = device.driver();
        stream = device.newStream();
        event = device.newEvent();
        event.record(stream);
        memory = zeroed(COPY_BYTES);
        pinned = device.allocatePinned(COPY_BYTES);
        add = device.kernel("elementwise", "add");
        graph = stream.capture(this::launchOnce);
        openConvolution();
        matrices = new DeviceMemory[] {zeroed(matrixBytes()), zeroed(matrixBytes()), zeroed(matrixBytes())};
        device.blas().setStream(device.blasHandle(), stream.handle());
        stream.synchronize();
    }

    private void openConvolution() {
        device.dnn().setStream(device.dnnHandle(), stream.handle());
        convolution = new TestConvolution(device.dnn(), device.dnnHandle());
        TestConvolution.Shape shape = new TestConvolution.Shape(1, 1, 8, 8, 8, 8, 3, 3, new int[] {1, 1},
                new int[] {1, 1}, new int[] {1, 1});
        convolution.plan(TestConvolution.Operation.FORWARD, shape, TestConvolution.FLOAT);
        images = new DeviceMemory[] {zeroed(8 * 8 * 8 * 4), zeroed(8 * 8 * 3 * 3 * 4), zeroed(8 * 8 * 8 * 4)};
        workspace = device.allocate(Math.max(1, convolution.workspaceBytes()));
    }

    private static int matrixBytes() {
        return MATRIX * MATRIX * Float.BYTES;
    }

    private DeviceMemory zeroed(int bytes) {
        DeviceMemory zeroed = device.allocate(bytes);
        stream.fillBytes(zeroed.address(), (byte) 0, bytes);
        return zeroed;
    }

    /** Closes it all. */
    @TearDown(Level.Trial)
    public void close() {
        stream.synchronize();
        convolution.close();
        device.close();
    }

    /** {@code cuCtxSetCurrent}. */
    @Benchmark
    public void callWithoutWork() {
        driver.setCurrentContext(device.context());
    }

    /** {@code cuEventQuery} of an event that is done. */
    @Benchmark
    public boolean query() {
        return event.done();
    }

    private void launchOnce() {
        add.launch(stream, 1, memory, memory, memory, 64L);
    }

    /** {@code cuLaunchKernel} of one block, its arguments marshalled. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void launch() {
        for (int i = 0; i < CALLS; i++) {
            launchOnce();
        }
        stream.synchronize();
    }

    /** {@code cuMemcpyHtoDAsync} of 4 KiB. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void copy() {
        for (int i = 0; i < CALLS; i++) {
            stream.copyToDevice(memory.address(), pinned, 0, COPY_BYTES);
        }
        stream.synchronize();
    }

    /** {@code cuGraphLaunch} of a graph of that one kernel. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void graphLaunch() {
        for (int i = 0; i < CALLS; i++) {
            stream.launch(graph);
        }
        stream.synchronize();
    }

    /** {@code cudnnBackendExecute} of a small convolution, its variant pack made. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void convolution() {
        for (int i = 0; i < CALLS; i++) {
            convolution.execute(images[0].address(), images[1].address(), images[2].address(), workspace.address());
        }
        stream.synchronize();
    }

    /** {@code cublasGemmEx} of 64 x 64 matrices, float32. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void product() {
        for (int i = 0; i < CALLS; i++) {
            device.blas().gemm(device.blasHandle(), Blas.Product.FLOAT32, false, false, MATRIX, MATRIX, MATRIX, 1f,
                    matrices[0].address(), MATRIX, matrices[1].address(), MATRIX, 0f, matrices[2].address(), MATRIX);
        }
        stream.synchronize();
    }
}
