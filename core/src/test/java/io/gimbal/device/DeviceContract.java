package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Counters;
import io.gimbal.cuda.CudaException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every device does: memory, copies, streams, events, capture, graphs and kernels. */
abstract class DeviceContract {
    private static final int INVALID_VALUE = 1;
    private static final int OUT_OF_MEMORY = 2;
    private static final int INVALID_IMAGE = 200;
    private static final int INVALID_PTX = 218;
    private static final int NOT_FOUND = 500;

    Device device;
    Stream stream;

    abstract Device open();

    @BeforeEach
    void openDevice() {
        device = open();
        stream = device.newStream();
    }

    @AfterEach
    void closeDevice() {
        if (device == null) {
            return;
        }
        Optional<SoftDevice> switches = device.softDevice();
        try {
            device.close();
        } finally {
            switches.ifPresent(soft -> {
                TestDevices.reset(soft);
                soft.stickyError(0);
            });
        }
        switches.ifPresent(TestDevices::assertNothingIsLeft);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 255, 256, 4097, (1 << 20) - 1, (1 << 20) + 5})
    void whatIsUploadedComesBackBitForBit(int bytes) {
        byte[] data = new byte[bytes];
        new java.util.Random(bytes).nextBytes(data);
        DeviceMemory memory = device.allocate(bytes);
        device.upload(memory, ByteBuffer.wrap(data));
        ByteBuffer back = ByteBuffer.allocate(bytes);
        device.download(memory, back);
        assertArrayEquals(data, back.array());
    }

    @Test
    void fillsWriteExactlyTheirRange() {
        DeviceMemory memory = TestDevices.memory(device, 1, 2, 3, 4, 5);
        stream.fillWords(memory.address() + 4, 0x12345678, 2);
        stream.fillBytes(memory.address() + 12, (byte) 0xff, 3);
        stream.synchronize();
        assertArrayEquals(new int[] {1, 0x12345678, 0x12345678, 0x00ffffff, 5}, TestDevices.ints(device, memory));
    }

    @Test
    void aCopyOnTheDeviceMovesTheBytes() {
        DeviceMemory source = TestDevices.memory(device, 1.5f, -2f, 3f);
        DeviceMemory destination = TestDevices.memory(device, 0f, 0f, 0f);
        stream.copy(destination.address() + 4, source.address(), 8);
        stream.synchronize();
        assertArrayEquals(new float[] {0f, 1.5f, -2f}, TestDevices.floats(device, destination));
    }

    @Test
    void pinnedMemoryIsWrittenAndReadThroughItsBuffer() {
        PinnedMemory up = device.allocatePinned(16);
        PinnedMemory down = device.allocatePinned(16);
        DeviceMemory memory = device.allocate(8);
        up.buffer().putFloat(0, 1f).putFloat(4, 2f).putFloat(8, 3f).putFloat(12, 4f);
        stream.copyToDevice(memory.address(), up, 4, 8);
        stream.copyToHost(down, 8, memory.address(), 8);
        stream.synchronize();
        assertEquals(2f, down.buffer().getFloat(8));
        assertEquals(3f, down.buffer().getFloat(12));
        assertSame(ByteOrder.nativeOrder(), down.buffer().order());
    }

    @Test
    void theBuffersOfPinnedMemoryEndWithIt() {
        for (AutoCloseable owner : List.of(device.allocatePinned(64), open())) {
            PinnedMemory host = owner instanceof Device other ? other.allocatePinned(64) : (PinnedMemory) owner;
            ByteBuffer whole = host.buffer();
            ByteBuffer slice = whole.slice(16, 16);
            FloatBuffer floats = slice.order(ByteOrder.nativeOrder()).asFloatBuffer();
            floats.put(0, 1);
            closeTwice(owner);
            assertThrows(IllegalStateException.class, () -> whole.putInt(0, 1));
            assertThrows(IllegalStateException.class, () -> slice.get(0));
            assertThrows(IllegalStateException.class, () -> floats.put(new float[2]));
        }
    }

    @Test
    void aCopyBeyondThePinnedMemoryIsRefused() {
        PinnedMemory pinned = device.allocatePinned(16);
        DeviceMemory memory = device.allocate(64);
        assertThrows(IndexOutOfBoundsException.class, () -> stream.copyToDevice(memory.address(), pinned, 8, 9));
        assertThrows(IndexOutOfBoundsException.class, () -> stream.copyToHost(pinned, -1, memory.address(), 4));
        assertThrows(IndexOutOfBoundsException.class, () -> stream.copyToHost(pinned, Long.MAX_VALUE, memory.address(),
                4));
        assertThrows(IndexOutOfBoundsException.class, () -> device.upload(memory, ByteBuffer.allocate(65)));
    }

    @Test
    void workInAStreamRunsInOrder() {
        int count = 1 << 20;
        DeviceMemory memory = device.allocate(count * 4L);
        for (int round = 1; round <= 20; round++) {
            stream.fillWords(memory.address(), round, count);
        }
        stream.synchronize();
        assertTrue(stream.done());
        assertTrue(Arrays.stream(TestDevices.ints(device, memory)).allMatch(value -> value == 20));
    }

    @Test
    void anEventOrdersTwoStreams() {
        int count = 1 << 20;
        DeviceMemory first = device.allocate(count * 4L);
        DeviceMemory second = device.allocate(count * 4L);
        Stream other = device.newStream();
        Event written = device.newEvent();
        for (int round = 1; round <= 10; round++) {
            stream.fillWords(first.address(), round, count);
            written.record(stream);
            other.waitFor(written);
            other.copy(second.address(), first.address(), count * 4L);
            written.record(other);
            stream.waitFor(written);
        }
        other.synchronize();
        assertTrue(Arrays.stream(TestDevices.ints(device, second)).allMatch(value -> value == 10));
        written.synchronize();
        assertTrue(written.done());
    }

    @Test
    void timingEventsMeasureTheWorkBetweenThem() {
        DeviceMemory memory = device.allocate(1 << 22);
        Event start = device.newTimingEvent();
        Event end = device.newTimingEvent();
        start.record(stream);
        stream.fillWords(memory.address(), 1, 1 << 20);
        end.record(stream);
        end.synchronize();
        assertTrue(end.millisecondsSince(start) > 0);
        assertThrows(IllegalStateException.class, () -> device.newEvent().millisecondsSince(start));
    }

    @Test
    void anEventThatWasNeverRecordedIsDone() {
        Event event = device.newEvent();
        assertTrue(event.done());
        stream.waitFor(event);
        stream.synchronize();
    }

    @Test
    void aCapturedGraphRunsOnlyWhenLaunchedAndThenEveryTime() {
        Kernel add = device.kernel("elementwise", "add");
        DeviceMemory x = TestDevices.memory(device, 1f, 2f, 3f);
        DeviceMemory one = TestDevices.memory(device, 1f, 1f, 1f);
        Graph graph = stream.capture(() -> {
            add.launch(stream, 2, x, one, x, 3L);
            add.launch(stream, 2, x, x, x, 3L);
        });
        stream.synchronize();
        assertArrayEquals(new float[] {1f, 2f, 3f}, TestDevices.floats(device, x));
        assertEquals(2, graph.nodes());
        for (int i = 0; i < 3; i++) {
            stream.launch(graph);
        }
        stream.synchronize();
        // x -> 2 (x + 1), three times.
        assertArrayEquals(new float[] {22f, 30f, 38f}, TestDevices.floats(device, x));
    }

    @Test
    void aGraphReadsMemoryAnewAtEachLaunchButItsArgumentsAtCapture() {
        Kernel add = device.kernel("elementwise", "add");
        DeviceMemory x = TestDevices.memory(device, 1f);
        DeviceMemory y = TestDevices.memory(device, 10f);
        DeviceMemory out = TestDevices.memory(device, 0f);
        Object[] arguments = {x, y, out, 1L};
        Graph graph = stream.capture(() -> add.launch(stream, 1, arguments));
        Arrays.fill(arguments, 0L);
        stream.launch(graph);
        stream.synchronize();
        assertArrayEquals(new float[] {11f}, TestDevices.floats(device, out));
        stream.fillWords(x.address(), Float.floatToRawIntBits(5f), 1);
        stream.launch(graph);
        stream.synchronize();
        assertArrayEquals(new float[] {15f}, TestDevices.floats(device, out));
    }

    @Test
    void aGraphSpansTheStreamsThatForkAndJoin() {
        DeviceMemory a = TestDevices.memory(device, 0, 0);
        DeviceMemory b = TestDevices.memory(device, 0, 0);
        Stream other = device.newStream();
        Event forked = device.newEvent();
        Event joined = device.newEvent();
        Graph graph = stream.capture(() -> {
            stream.fillWords(a.address(), 7, 2);
            forked.record(stream);
            other.waitFor(forked);
            other.copy(b.address(), a.address(), 8);
            joined.record(other);
            stream.waitFor(joined);
            stream.fillWords(a.address(), 9, 1);
        });
        stream.launch(graph);
        stream.synchronize();
        assertArrayEquals(new int[] {9, 7}, TestDevices.ints(device, a));
        assertArrayEquals(new int[] {7, 7}, TestDevices.ints(device, b));
    }

    @Test
    void waitingForACapturingStreamSpoilsTheCaptureAndNothingElse() {
        CudaException refused = assertThrows(CudaException.class, () -> stream.capture(stream::synchronize));
        assertEquals("cuStreamSynchronize", refused.function());
        assertFalse(device.driver().capturing(stream.handle()));
        DeviceMemory memory = TestDevices.memory(device, 1);
        stream.fillWords(memory.address(), 2, 1);
        stream.synchronize();
        assertArrayEquals(new int[] {2}, TestDevices.ints(device, memory));
    }

    @Test
    void whatTouchesTheWholeDeviceWaitsForAnotherThreadsCapture() throws InterruptedException {
        DeviceMemory memory = TestDevices.memory(device, 0);
        Stream other = device.newStream();
        List<Runnable> touches = List.of(device::synchronize, other::blasHandle, other::dnnHandle, other::close,
                () -> device.kernel("elementwise", "add"));
        for (Runnable touch : touches) {
            AtomicReference<Throwable> problem = new AtomicReference<>();
            Thread thread = new Thread(touch);
            thread.setUncaughtExceptionHandler((where, what) -> problem.set(what));
            Graph graph = stream.capture(() -> {
                stream.fillWords(memory.address(), 7, 1);
                thread.start();
                while (thread.getState() != Thread.State.BLOCKED && thread.isAlive()) {
                    Thread.onSpinWait();
                }
                assertTrue(thread.isAlive(), "it did not wait");
            });
            thread.join();
            assertEquals(null, problem.get());
            stream.launch(graph);
            stream.synchronize();
            assertArrayEquals(new int[] {7}, TestDevices.ints(device, memory));
        }
    }

    @Test
    void aStreamsHandlesAreItsOwnAndEndWithIt() {
        Stream other = device.newStream();
        assertEquals(stream.blasHandle(), stream.blasHandle());
        assertEquals(stream.dnnHandle(), stream.dnnHandle());
        assertTrue(stream.blasHandle() != other.blasHandle() && stream.dnnHandle() != other.dnnHandle());
        other.close();
        assertMessage("stream 0x", assertThrows(IllegalStateException.class, other::blasHandle));
        assertMessage("stream 0x", assertThrows(IllegalStateException.class, other::dnnHandle));
    }

    @Test
    void aCaptureWhoseOtherStreamNeverJoinsIsRefused() {
        Stream other = device.newStream();
        Event forked = device.newEvent();
        DeviceMemory memory = device.allocate(4);
        CudaException refused = assertThrows(CudaException.class, () -> stream.capture(() -> {
            forked.record(stream);
            other.waitFor(forked);
            other.fillWords(memory.address(), 1, 1);
        }));
        assertEquals("cuStreamEndCapture", refused.function());
    }

    @Test
    void whatTheCapturedWorkThrowsComesOut() {
        IllegalStateException thrown = new IllegalStateException("from the work");
        assertSame(thrown, assertThrows(IllegalStateException.class, () -> stream.capture(() -> {
            throw thrown;
        })));
        assertFalse(device.driver().capturing(stream.handle()));
    }

    @Test
    void aKernelTakesPointersLongsIntsAndFloats() {
        DeviceMemory p = TestDevices.memory(device, 1f, 2f);
        DeviceMemory g = TestDevices.memory(device, 0.5f, -1f);
        DeviceMemory rate = TestDevices.memory(device, 0.1f);
        DeviceMemory accepted = TestDevices.memory(device, 1);
        // momentum 0: the momentum buffer may be a null pointer. p - rate * (g + decay * p)
        device.kernel("optimizer", "sgd").launch(stream, 1, p, g, 0L, 0L, 0L, 0L, 0L, 2L, rate, 0f, 0.25f, 0L, 0L,
                0L, accepted);
        stream.synchronize();
        assertArrayEquals(new float[] {1f - 0.1f * 0.75f, 2f - 0.1f * -0.5f}, TestDevices.floats(device, p), 1e-6f);
    }

    @Test
    void aKernelTakesDoubles() {
        DeviceMemory losses = TestDevices.memory(device, 3f, 4f);
        DeviceMemory counts = TestDevices.memory(device, 5, 5);
        DeviceMemory gram = TestDevices.memory(device, 4.0, 0.0, 0.0, 1.0);
        DeviceMemory notFinite = TestDevices.memory(device, 0);
        DeviceMemory state = TestDevices.memory(device, 1.0, 1.0, Double.NaN, Double.NaN, 0, 0, 0, 0, 0, 0);
        DeviceMemory weights = TestDevices.memory(device, 1f, 1f);
        DeviceMemory counters = TestDevices.memory(device, 0L, 0L, 0L, 0L);
        DeviceMemory accepted = TestDevices.memory(device, 0);
        DeviceMemory records = TestDevices.memory(device, new double[64]);
        DeviceMemory rate = TestDevices.memory(device, 0.5f);
        device.kernel("balance", "judge_step").launch(stream, 1, losses, counts, gram, notFinite, 1, state, 0, 0L,
                counters, accepted, records, rate, 1, 2);
        device.kernel("weighting", "learn_gradnorm").launch(stream, 1, losses, counts, gram, accepted, counters, state,
                weights, TestDevices.memory(device, new double[] {1, 1}), 2, 0.5, 0.1, 0.01, Double.POSITIVE_INFINITY,
                0, 0, 0L, 1L, Long.MAX_VALUE);
        stream.synchronize();
        // Norms 2 and 1 around their mean 1.5: the weights move by -0.1 * 2 and +0.1 * 1, then sum to 2 again.
        assertArrayEquals(new float[] {1.6f / 1.9f, 2.2f / 1.9f}, TestDevices.floats(device, weights), 1e-6f);
        assertArrayEquals(new int[] {1}, TestDevices.ints(device, accepted));
        assertEquals(List.of(1L, 1L, 0L, 0L), Arrays.stream(TestDevices.longs(device, counters)).boxed().toList());
        assertArrayEquals(new double[] {3, 4, 1, 1, 2, 1, 5, 5, 7, 0.5},
                Arrays.copyOf(TestDevices.doubles(device, records), 10), 1e-12);
    }

    @Test
    void argumentsThatDoNotFitTheKernelAreRefusedByName() {
        Kernel add = device.kernel("elementwise", "add");
        DeviceMemory x = device.allocate(4);
        assertMessage("kernel add of elementwise.cu takes 4 arguments, not 3",
                assertThrows(IllegalArgumentException.class, () -> add.launch(stream, 1, x, x, x)));
        assertMessage("argument 3 (long long n) must be a Long, not Integer",
                assertThrows(IllegalArgumentException.class, () -> add.launch(stream, 1, x, x, x, 1)));
        assertMessage("argument 0 (const float* a) must be a Long, not null",
                assertThrows(IllegalArgumentException.class, () -> add.launch(stream, 1, null, x, x, 1L)));
        assertMessage("at least 1 block, not 0",
                assertThrows(IllegalArgumentException.class, () -> add.launch(stream, 0, x, x, x, 1L)));
    }

    @Test
    void unknownFilesAndKernelsAreRefusedByName() {
        assertMessage("io/gimbal/kernels/nothing.cu", assertThrows(IllegalArgumentException.class, () ->
                device.kernel("nothing", "x")));
        assertMessage("elementwise.cu has no kernel subtract",
                assertThrows(IllegalArgumentException.class, () -> device.kernel("elementwise", "subtract")));
    }

    @Test
    void aKernelIsCompiledOnceAndTellsItsRegisters() {
        Kernel add = device.kernel("elementwise", "add");
        assertSame(add, device.kernel("elementwise", "add"));
        assertTrue(add.registers() >= 0);
        assertEquals(0, add.localBytes());
    }

    @Test
    void countersCountWhatTheDriverWasAsked() {
        Kernel add = device.kernel("elementwise", "add");
        DeviceMemory x = TestDevices.memory(device, 1f);
        PinnedMemory pinned = device.allocatePinned(4);
        Counters before = device.counters();
        stream.copyToDevice(x.address(), pinned, 0, 4);
        stream.copy(x.address(), x.address(), 0);
        Graph graph = stream.capture(() -> add.launch(stream, 1, x, x, x, 1L));
        stream.launch(graph);
        stream.launch(graph);
        stream.copyToHost(pinned, 0, x.address(), 4);
        stream.synchronize();
        device.synchronize();
        device.allocate(1);
        assertEquals(new Counters(1, 1, 1, 2, 1, 1, 2), device.counters().minus(before));
    }

    @Test
    void everyStepOfTheLoopAllocatesNothingInJava() {
        Kernel add = device.kernel("elementwise", "add");
        DeviceMemory x = TestDevices.memory(device, 1f);
        PinnedMemory pinned = device.allocatePinned(4);
        Event event = device.newEvent();
        Stream copies = device.newStream();
        Graph graph = stream.capture(() -> add.launch(stream, 1, x, x, x, 1L));
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        Runnable step = () -> {
            copies.copyToDevice(x.address(), pinned, 0, 4);
            event.record(copies);
            stream.waitFor(event);
            stream.launch(graph);
            event.done();
        };
        for (int i = 0; i < 20000; i++) {
            step.run();
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1000; i++) {
            step.run();
        }
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        stream.synchronize();
        // Not quite 0: reading the figure makes an object, and the counters may grow a cell.
        assertTrue(bytes < 4096, bytes + " bytes in 1000 steps");
    }

    @Test
    void tooMuchMemoryIsRefusedWithTheBytesAsked() {
        long bytes = 1L << 50;
        CudaException refused = assertThrows(CudaException.class, () -> device.allocate(bytes));
        assertEquals(OUT_OF_MEMORY, refused.status());
        assertMessage("cuMemAlloc_v2(" + bytes
                + " bytes) failed with status 2, CUDA_ERROR_OUT_OF_MEMORY: out of memory", refused);
        assertThrows(IllegalArgumentException.class, () -> device.allocate(0));
        assertThrows(IllegalArgumentException.class, () -> device.allocatePinned(1L << 31));
    }

    @Test
    void aPointerThatWasNeverAllocatedCannotBeFreed() {
        CudaException refused = assertThrows(CudaException.class, () -> device.driver().free(0x1234));
        assertEquals(INVALID_VALUE, refused.status());
        assertMessage("cuMemFree_v2(pointer 0x1234) failed with status 1, CUDA_ERROR_INVALID_VALUE", refused);
    }

    @Test
    void anImageThatIsNoneIsRefused() {
        CudaException refused = assertThrows(CudaException.class, () ->
                device.driver().loadModule("no CUBIN".getBytes()));
        assertTrue(refused.status() == INVALID_IMAGE || refused.status() == INVALID_PTX, refused.getMessage());
    }

    @Test
    void aFunctionThatAModuleDoesNotHaveIsRefusedByName() {
        KernelSource source = KernelSource.read("elementwise");
        byte[] image = device.compiler().compile(source.file(), source.text(), source.headers(),
                KernelOptions.forArchitecture(device.architecture())).image();
        long module = device.driver().loadModule(image);
        CudaException refused = assertThrows(CudaException.class, () -> device.driver().function(module, "subtract"));
        assertEquals(NOT_FOUND, refused.status());
        assertMessage("cuModuleGetFunction(kernel subtract)", refused);
        device.driver().unloadModule(module);
    }

    @Test
    void sourceThatDoesNotCompileIsRefusedWithTheLog() {
        CudaException refused = assertThrows(CudaException.class, () ->
                device.compiler().compile("bad.cu", "void broken(", List.of(),
                KernelOptions.forArchitecture(device.architecture())));
        assertEquals("nvrtcCompileProgram", refused.function());
        assertMessage("NVRTC_ERROR_COMPILATION", refused);
        assertTrue(refused.getMessage().lines().count() > 1, refused.getMessage());
    }

    @Test
    void whatIsClosedIsRefusedByNameAndClosedOnce() {
        DeviceMemory memory = device.allocate(12);
        Event event = device.newEvent();
        Stream other = device.newStream();
        PinnedMemory pinned = device.allocatePinned(8);
        for (AutoCloseable resource : List.of(memory, event, other, pinned)) {
            closeTwice(resource);
        }
        assertMessage("device memory of 12 bytes", assertThrows(IllegalStateException.class, memory::address));
        assertMessage("is closed", assertThrows(IllegalStateException.class, () -> event.record(stream)));
        assertMessage("stream 0x", assertThrows(IllegalStateException.class, other::synchronize));
        assertMessage("pinned memory of 8 bytes", assertThrows(IllegalStateException.class, pinned::buffer));
        Kernel add = device.kernel("elementwise", "add");
        DeviceMemory kept = TestDevices.memory(device, 1f);
        Event mark = device.newEvent();
        Graph graph = stream.capture(() -> add.launch(stream, 1, kept, kept, kept, 1L));
        device.close();
        device.close();
        assertMessage("the device is closed", assertThrows(IllegalStateException.class, add::registers));
        assertMessage("graph 0x", assertThrows(IllegalStateException.class, graph::executable));
        assertMessage("event 0x", assertThrows(IllegalStateException.class, mark::done));
        assertMessage("device memory of 4 bytes", assertThrows(IllegalStateException.class, kept::address));
        assertMessage("stream 0x", assertThrows(IllegalStateException.class, () -> add.launch(stream, 1, 0L, 0L, 0L,
                1L)));
        assertMessage("the device is closed", assertThrows(IllegalStateException.class, () -> device.allocate(4)));
        assertMessage("stream 0x", assertThrows(IllegalStateException.class, () -> stream.synchronize()));
    }

    @Test
    void everyThreadMayUseTheDevice() throws InterruptedException {
        DeviceMemory memory = TestDevices.memory(device, 0, 0);
        AtomicReference<Throwable> problem = new AtomicReference<>();
        Thread thread = new Thread(() -> {
            stream.fillWords(memory.address(), 3, 2);
            stream.synchronize();
        });
        thread.setUncaughtExceptionHandler((where, what) -> problem.set(what));
        thread.start();
        thread.join();
        assertEquals(null, problem.get());
        assertArrayEquals(new int[] {3, 3}, TestDevices.ints(device, memory));
    }

    @Test
    void aDeviceDescribesItself() {
        assertFalse(device.name().isBlank());
        assertTrue(device.describe().startsWith(device.name()), device.describe());
        assertTrue(device.multiprocessors() >= 1);
        assertTrue(device.architecture().matches("sm_\\d+"), device.architecture());
        assertTrue(device.totalMemory() >= device.freeMemory());
    }

    static void assertMessage(String part, Throwable thrown) {
        assertTrue(thrown.getMessage().contains(part), () -> "'" + thrown.getMessage() + "' does not contain '" + part
                + "'");
    }

    private static void closeTwice(AutoCloseable resource) {
        for (int i = 0; i < 2; i++) {
            org.junit.jupiter.api.Assertions.assertDoesNotThrow(resource::close);
        }
    }
}
