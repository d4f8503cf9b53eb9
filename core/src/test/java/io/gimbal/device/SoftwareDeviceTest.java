package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Statuses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The contract on the software device with guards and poison on, and the faults that it can be told to have. */
class SoftwareDeviceTest extends DeviceContract {
    private static final int SUCCESS = 0;
    private static final int OUT_OF_MEMORY = 2;
    private static final int INVALID_HANDLE = 400;
    private static final int NOT_READY = 600;
    private static final int ILLEGAL_ADDRESS = 700;
    private static final int LAUNCH_FAILED = 719;

    @Override
    Device open() {
        return TestDevices.soft();
    }

    private SoftDevice soft() {
        return device.softDevice().orElseThrow();
    }

    @Test
    void freshMemoryIsPoisonedWithSignallingNaNs() {
        int[] fresh = TestDevices.ints(device, device.allocate(64));
        assertTrue(Arrays.stream(fresh).allMatch(word -> word == 0x7fbadbad));
    }

    /** Small blocks are kept. The second one's red zone begins where the first one held data. */
    @Test
    void memoryThatIsGivenBackAndTakenAgainIsPoisonedAndGuardedAnew() {
        DeviceMemory first = device.allocate(1000);
        long address = first.address();
        stream.fillBytes(address, (byte) 1, 1000);
        device.synchronize();
        first.close();
        DeviceMemory second = device.allocate(900);
        assertEquals(address, second.address());
        assertTrue(Arrays.stream(TestDevices.ints(device, second)).allMatch(word -> word == 0x7fbadbad));
        second.close();
        device.synchronize();
    }

    @Test
    void lateStreamsRunOnlyWhatSomethingWaitsFor() {
        DeviceMemory memory = TestDevices.memory(device, 1);
        PinnedMemory read = device.allocatePinned(4);
        soft().lateStreams(true);
        Stream other = device.newStream();
        stream.fillWords(memory.address(), 2, 1);
        other.copyToHost(read, 0, memory.address(), 4);
        other.synchronize();
        assertEquals(1, read.buffer().getInt(0), "the copy waits for nothing, so it reads what was there before");
        Event written = device.newEvent();
        written.record(stream);
        other.waitFor(written);
        other.copyToHost(read, 0, memory.address(), 4);
        other.synchronize();
        assertEquals(2, read.buffer().getInt(0));
        assertTrue(stream.done());
    }

    @Test
    void theNthAllocationFailsAndTheNextSucceeds() {
        soft().failAllocation(2);
        device.allocate(16).close();
        CudaException refused = assertThrows(CudaException.class, () -> device.allocate(16));
        assertEquals(OUT_OF_MEMORY, refused.status());
        device.allocate(16).close();
    }

    @Test
    void aWriteBeyondTheEndOfMemoryIsFoundAtTheNextSynchronise() {
        DeviceMemory memory = device.allocate(256);
        stream.fillBytes(memory.address(), (byte) 1, 256);
        device.synchronize();
        Kernel add = device.kernel("elementwise", "add");
        DeviceMemory source = TestDevices.memory(device, new float[65]);
        add.launch(stream, 1, source, source, memory, 65L);
        CudaException found = assertThrows(CudaException.class, () -> device.synchronize());
        assertEquals(ILLEGAL_ADDRESS, found.status());
        assertMessage("cuCtxSynchronize", found);
        assertFalse(soft().lastMessage().isBlank());
        CudaException sticky = assertThrows(CudaException.class, () -> stream.synchronize());
        assertEquals(ILLEGAL_ADDRESS, sticky.status());
        // Nothing works on a context with a sticky error, so closing reports it; a device opened anew is well.
        assertThrows(CudaException.class, () -> device.close());
        device = open();
        stream = device.newStream();
        stream.synchronize();
    }

    @Test
    void aStickyErrorIsToldByEveryLaunchAndWait() {
        Kernel add = device.kernel("elementwise", "add");
        DeviceMemory x = TestDevices.memory(device, 1f);
        soft().stickyError(LAUNCH_FAILED);
        CudaException launch = assertThrows(CudaException.class, () -> add.launch(stream, 1, x, x, x, 1L));
        assertEquals(LAUNCH_FAILED, launch.status());
        assertMessage("CUDA_ERROR_LAUNCH_FAILED", launch);
        assertEquals(LAUNCH_FAILED, assertThrows(CudaException.class, () -> stream.synchronize()).status());
        soft().stickyError(0);
        add.launch(stream, 1, x, x, x, 1L);
        stream.synchronize();
        assertArrayEquals(new float[] {2f}, TestDevices.floats(device, x));
    }

    @Test
    void everyStatusOfTheDriverIsToldByName() {
        Kernel add = device.kernel("elementwise", "add");
        DeviceMemory x = TestDevices.memory(device, 1f);
        List<Executable> checks = new ArrayList<>();
        // A stream that is not ready is an answer to a query, no failure.
        Statuses.DRIVER.names().forEach((status, name) -> {
            if (status != SUCCESS && status != NOT_READY) {
                checks.add(() -> {
                    String told = "failed with status " + status + ", " + name + ": ";
                    assertMessage(told, failureOf(status, () -> add.launch(stream, 1, x, x, x, 1L)));
                    assertMessage(told, failureOf(status, () -> stream.synchronize()));
                });
            }
        });
        assertAll(checks);
    }

    @Test
    void aStatusThatGimbalDoesNotKnowIsToldByNumber() {
        assertMessage("cuStreamSynchronize(stream 0x" + Long.toHexString(stream.handle())
                + ") failed with status 12345, a status that Gimbal does not know (the switch sticky_error is 12345)",
                failureOf(12345, () -> stream.synchronize()));
    }

    private CudaException failureOf(int status, Executable call) {
        soft().stickyError(status);
        try {
            CudaException failure = assertThrows(CudaException.class, call);
            assertEquals(status, failure.status());
            return failure;
        } finally {
            soft().stickyError(0);
        }
    }

    @Test
    void handlesThatAreNoneAreRefused() {
        assertEquals(INVALID_HANDLE, assertThrows(CudaException.class, () ->
                device.driver().synchronizeStream(0x5678)).status());
        assertEquals(INVALID_HANDLE, assertThrows(CudaException.class, () ->
                device.driver().eventDone(0x5678)).status());
        CudaException refused = assertThrows(CudaException.class, () ->
                device.driver().launchGraph(0x5678, stream.handle()));
        assertMessage("cuGraphLaunch(graph 0x5678", refused);
    }

    @Test
    void kernelsGiveTheSameInTheSimtWay() {
        float[] a = TestDevices.random(1, 1037);
        float[] b = TestDevices.random(2, 1037);
        DeviceMemory x = TestDevices.memory(device, a);
        DeviceMemory y = TestDevices.memory(device, b);
        DeviceMemory fast = TestDevices.memory(device, new float[1037]);
        DeviceMemory simt = TestDevices.memory(device, new float[1037]);
        Kernel add = device.kernel("elementwise", "add");
        add.launch(stream, 3, x, y, fast, 1037L);
        stream.synchronize();
        soft().simt(true);
        add.launch(stream, 3, x, y, simt, 1037L);
        stream.synchronize();
        assertArrayEquals(TestDevices.floats(device, fast), TestDevices.floats(device, simt));
    }

    @Test
    void sourceThatTheSoftwareDeviceDoesNotKnowIsRefusedWithAdvice() {
        KernelSource source = KernelSource.read("elementwise");
        CudaException refused = assertThrows(CudaException.class, () -> device.compiler().compile(source.file(),
                source.text() + "\n// changed", source.headers(),
                KernelOptions.forArchitecture(device.architecture())));
        assertMessage("elementwise.cu", refused);
        assertMessage("NVRTC_ERROR_COMPILATION", refused);
    }

    @Test
    void switchesThatAreNoneAreRefused() {
        assertThrows(CudaException.class, () -> soft().set("no_such_switch", 1));
    }
}
