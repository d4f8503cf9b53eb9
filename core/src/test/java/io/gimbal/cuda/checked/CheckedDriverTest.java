package io.gimbal.cuda.checked;

import static io.gimbal.cuda.checked.CheckedSoftware.hex;
import static io.gimbal.cuda.checked.CheckedSoftware.refusesHandle;
import static io.gimbal.cuda.checked.CheckedSoftware.refusesPointer;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.AllocationRange;
import io.gimbal.cuda.CudaException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each refusal of the checked driver, and the legal use beside it, on the software device. */
class CheckedDriverTest {
    private static final long NOWHERE = 0x1234;
    /** A launch whose function is none: what the checks let through, the driver refuses with its own exception. */
    private static final long NO_FUNCTION = 0;

    private CheckedSoftware software;
    private CheckedDriver driver;
    private long stream;
    private long memory;
    private long pinned;

    @BeforeEach
    void open() {
        software = new CheckedSoftware();
        driver = software.driver;
        stream = driver.createStream();
        memory = driver.allocate(256);
        pinned = driver.allocateHost(128);
    }

    @AfterEach
    void close() {
        software.close();
    }

    private long freed() {
        long pointer = driver.allocate(64);
        driver.free(pointer);
        return pointer;
    }

    private long freedHost() {
        long address = driver.allocateHost(64);
        driver.freeHost(address);
        return address;
    }

    @Test
    void whatFitsRunsAndIsThere() {
        driver.fillBytes(memory, (byte) 7, 256, stream);
        driver.fillWords(memory + 252, 0x01020304, 1, stream);
        driver.copyDeviceToHost(pinned + 64, memory + 192, 64, stream);
        driver.synchronizeStream(stream);
        assertEquals(7, driver.hostBuffer(pinned, 128).view().get(64));
        assertEquals(0x01020304, driver.hostBuffer(pinned + 64, 64).view().getInt(60));
        driver.copyHostToDevice(memory + 128, pinned, 128, stream);
        driver.copyDeviceToDevice(memory, memory + 128, 128, stream);
        driver.synchronizeStream(stream);
        driver.free(memory);
        driver.freeHost(pinned);
    }

    @Test
    void everyOperandOfACopyMustLie() {
        for (long bad : new long[] {NOWHERE, 0, freed(), memory - 1, memory + 256, pinned}) {
            refusesPointer(() -> driver.copyHostToDevice(bad, pinned, 4, stream), "cuMemcpyHtoDAsync_v2",
                    "the destination " + hex(bad));
            refusesPointer(() -> driver.copyDeviceToHost(pinned, bad, 4, stream), "cuMemcpyDtoHAsync_v2",
                    "the source " + hex(bad));
            refusesPointer(() -> driver.copyDeviceToDevice(bad, memory, 4, stream), "the destination " + hex(bad));
            refusesPointer(() -> driver.copyDeviceToDevice(memory, bad, 4, stream), "the source " + hex(bad));
        }
        for (long bad : new long[] {NOWHERE, 0, freedHost(), pinned - 1, pinned + 128, memory}) {
            refusesPointer(() -> driver.copyHostToDevice(memory, bad, 4, stream), "the source " + hex(bad));
            refusesPointer(() -> driver.copyDeviceToHost(bad, memory, 4, stream), "the destination " + hex(bad));
            refusesPointer(() -> driver.hostBuffer(bad, 4), "hostBuffer", hex(bad));
        }
    }

    @Test
    void aRefusalTellsWhatIsKnownOfTheAddressAndWhatMayBe() {
        long freed = freed();
        refusesPointer(() -> driver.fillBytes(freed + 8, (byte) 0, 1, stream), "cuMemsetD8Async: the destination "
                + hex(freed + 8) + " lies in the device memory of 64 bytes at " + hex(freed) + ", which was freed",
                "only live device memory of this driver may be given");
        refusesPointer(() -> driver.fillBytes(NOWHERE, (byte) 0, 1, stream), "lies in nothing that is allocated",
                "the nearest is the ", "begins ");
        refusesPointer(() -> driver.fillBytes(pinned, (byte) 0, 1, stream),
                "lies in the pinned host memory of 128 bytes at " + hex(pinned), "must lie in device memory");
        refusesPointer(() -> driver.fillBytes(memory + 200, (byte) 0, 57, stream),
                "lies in the device memory of 256 bytes at " + hex(memory),
                "in which 1 to 56 bytes may be used from there on, not 57");
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 129, Long.MAX_VALUE, Long.MIN_VALUE})
    void aSizeBeyondTheAllocationIsRefused(long bytes) {
        refusesPointer(() -> driver.copyHostToDevice(memory, pinned, bytes, stream), "not " + bytes);
        refusesPointer(() -> driver.copyDeviceToHost(pinned, memory, bytes, stream), "not " + bytes);
        refusesPointer(() -> driver.copyDeviceToDevice(memory, memory + 128, bytes, stream), "not " + bytes);
        refusesPointer(() -> driver.fillBytes(memory + 128, (byte) 0, bytes, stream), "not " + bytes);
        refusesPointer(() -> driver.hostBuffer(pinned, bytes), "not " + bytes);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 65, Long.MAX_VALUE / 4, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE})
    void wordsBeyondTheAllocationAreRefused(long words) {
        refusesPointer(() -> driver.fillWords(memory, 0, words, stream), "cuMemsetD32Async", "1 to 256 bytes");
    }

    @Test
    void wordsWantTheirAlignment() {
        for (int offset = 1; offset < 4; offset++) {
            long address = memory + offset;
            refusesPointer(() -> driver.fillWords(address, 0, 1, stream), "cuMemsetD32Async: the destination "
                    + hex(address) + " must be a multiple of 4");
        }
    }

    @Test
    void anEmptyCopyTouchesNothingButMustNotComeFromFreedMemory() {
        driver.copyDeviceToDevice(memory + 256, 0, 0, stream);
        driver.fillWords(memory + 256, 0, 0, stream);
        long freed = freed();
        refusesPointer(() -> driver.copyDeviceToDevice(memory, freed, 0, stream), "which was freed");
    }

    @Test
    void onlyTheBeginOfALiveAllocationIsFreedAndOnlyOnce() {
        long freed = freed();
        long freedHost = freedHost();
        refusesPointer(() -> driver.free(freed), "cuMemFree_v2", hex(freed), "which was freed");
        refusesPointer(() -> driver.freeHost(freedHost), "cuMemFreeHost", hex(freedHost), "which was freed");
        refusesPointer(() -> driver.free(memory + 16), "lies inside the device memory of 256 bytes at " + hex(memory));
        refusesPointer(() -> driver.free(pinned), "must lie in device memory");
        refusesPointer(() -> driver.freeHost(memory), "must lie in pinned host memory");
        refusesPointer(() -> driver.free(NOWHERE), "lies in nothing that is allocated");
    }

    @Test
    void whatTheDriverDidNotFreeStaysLive() {
        software.plain.driver().free(memory);
        assertThrows(CudaException.class, () -> driver.free(memory));
        CudaException again = assertThrows(CudaException.class, () -> driver.free(memory));
        assertEquals("cuMemFree_v2", again.function());
    }

    private void launch(Object... arguments) {
        driver.launchKernel(NO_FUNCTION, 1, 1, 1, 1, 1, 1, 0, stream, arguments);
    }

    @Test
    void aKernelArgumentMayBeAnyNumberButNoPointerIntoFreedMemory() {
        for (long number : new long[] {0, -1, NOWHERE, memory, memory + 255, memory + 256, pinned, 1L << 40}) {
            assertThrows(CudaException.class, () -> launch(1, number, 2f));
        }
        for (long freed : new long[] {freed(), freed() + 63, freedHost()}) {
            refusesPointer(() -> launch(memory, 1, freed), "cuLaunchKernel: argument 2, " + hex(freed), "was freed");
        }
        assertThrows(CudaException.class, () -> launch((Object[]) new Integer[] {(int) freed()}));
    }

    @Test
    void memoryThatIsAllocatedAgainIsNoLongerFreed() {
        // The memory checks by themselves: no allocator promises to give an address again.
        MemoryChecks checks = driver.memory();
        checks.allocated(MemoryRange.Kind.DEVICE, 0x1000, 64);
        checks.free("f", MemoryRange.Kind.DEVICE, 0x1000, address -> { });
        checks.allocated(MemoryRange.Kind.PINNED, 0x1020, 64);
        assertThrows(CudaException.class, () -> launch(0x1020L));
        refusesPointer(() -> launch(0x101fL), "was freed");
    }

    @Test
    void theEndOfALiveRangeMayBeAnArgumentThoughFreedMemoryBeginsThere() {
        MemoryChecks checks = driver.memory();
        checks.allocated(MemoryRange.Kind.DEVICE, 0x1000, 64);
        checks.allocated(MemoryRange.Kind.DEVICE, 0x1040, 64);
        checks.free("f", MemoryRange.Kind.DEVICE, 0x1040, address -> { });
        assertThrows(CudaException.class, () -> launch(0x1040L));
        refusesPointer(() -> launch(0x1041L), "was freed");
    }

    @Test
    void memoryMadeElsewhereMayBeUsedWhenTheDriverWasAskedOfItButNotFreedHere() {
        long foreign = software.plain.driver().allocate(64);
        refusesPointer(() -> driver.fillBytes(foreign, (byte) 0, 64, stream), "lies in nothing that is allocated");
        assertEquals(new AllocationRange(foreign, 64), driver.allocationRange(foreign + 8));
        driver.fillBytes(foreign, (byte) 0, 64, stream);
        refusesPointer(() -> driver.fillBytes(foreign, (byte) 0, 65, stream), "made elsewhere", "1 to 64 bytes");
        refusesPointer(() -> driver.free(foreign), "made elsewhere: it must be freed there");
        driver.allocationRange(memory + 16);
        driver.free(memory);
        software.plain.driver().free(foreign);
    }

    @Test
    void aStreamMadeElsewhereMayBeUsedWhenTheDriverWasAskedOfIt() {
        long foreign = software.plain.driver().createStream();
        refusesHandle(() -> driver.synchronizeStream(foreign), "was never created");
        assertEquals(driver.currentContext(), driver.streamContext(foreign));
        driver.synchronizeStream(foreign);
        software.plain.driver().destroyStream(foreign);
    }

    @Test
    void aStreamThatIsNoneIsRefusedEverywhere() {
        long destroyed = driver.createStream();
        driver.destroyStream(destroyed);
        long event = driver.createEvent(false);
        for (long bad : new long[] {destroyed, NOWHERE}) {
            List<Executable> calls = List.of(() -> driver.destroyStream(bad), () -> driver.synchronizeStream(bad),
                    () -> driver.streamDone(bad), () -> driver.streamWaitEvent(bad, event),
                    () -> driver.beginCapture(bad), () -> driver.endCapture(bad), () -> driver.capturing(bad),
                    () -> driver.recordEvent(event, bad), () -> driver.fillBytes(memory, (byte) 0, 1, bad),
                    () -> driver.fillWords(memory, 0, 1, bad), () -> driver.copyHostToDevice(memory, pinned, 1, bad),
                    () -> driver.copyDeviceToHost(pinned, memory, 1, bad),
                    () -> driver.copyDeviceToDevice(memory, memory + 8, 1, bad),
                    () -> driver.launchKernel(NO_FUNCTION, 1, 1, 1, 1, 1, 1, 0, bad));
            for (Executable call : calls) {
                refusesHandle(call, "the stream " + hex(bad), bad == NOWHERE ? "was never created" : "was destroyed");
            }
        }
        refusesHandle(() -> driver.destroyStream(0), "cuStreamDestroy_v2", "was never created");
    }

    @Test
    void theLegacyStreamMayBeUsedAlways() {
        driver.fillBytes(memory, (byte) 0, 256, 0);
        driver.synchronizeStream(0);
        assertTrue(driver.streamDone(0));
    }

    @Test
    void anEventThatIsNoneIsRefusedEverywhere() {
        long event = driver.createEvent(true);
        long destroyed = driver.createEvent(true);
        driver.recordEvent(event, stream);
        driver.destroyEvent(destroyed);
        for (long bad : new long[] {destroyed, NOWHERE, 0}) {
            List<Executable> calls = List.of(() -> driver.destroyEvent(bad), () -> driver.synchronizeEvent(bad),
                    () -> driver.eventDone(bad), () -> driver.recordEvent(bad, stream),
                    () -> driver.streamWaitEvent(stream, bad), () -> driver.elapsedMilliseconds(event, bad),
                    () -> driver.elapsedMilliseconds(bad, event));
            for (Executable call : calls) {
                refusesHandle(call, "the event " + hex(bad), bad == destroyed ? "was destroyed" : "was never created");
            }
        }
        driver.synchronizeEvent(event);
        driver.streamWaitEvent(stream, event);
        assertTrue(driver.eventDone(event));
        assertEquals(0, driver.elapsedMilliseconds(event, event));
    }

    @Test
    void aGraphThatIsNoneIsRefusedEverywhere() {
        driver.beginCapture(stream);
        driver.fillBytes(memory, (byte) 1, 256, stream);
        long graph = driver.endCapture(stream);
        assertEquals(1, driver.graphNodeCount(graph));
        long executable = driver.instantiateGraph(graph);
        driver.destroyGraph(graph);
        for (Executable call : List.<Executable>of(() -> driver.graphNodeCount(graph),
                () -> driver.instantiateGraph(graph), () -> driver.destroyGraph(graph))) {
            refusesHandle(call, "the graph " + hex(graph), "was destroyed");
        }
        driver.launchGraph(executable, stream);
        driver.synchronizeStream(stream);
        driver.destroyExecutableGraph(executable);
        refusesHandle(() -> driver.launchGraph(executable, stream), "cuGraphLaunch: the executable graph "
                + hex(executable) + " was destroyed");
        refusesHandle(() -> driver.destroyExecutableGraph(executable), "cuGraphExecDestroy");
        refusesHandle(() -> driver.launchGraph(NOWHERE, stream), "was never created");
    }

    @Test
    void aHandleThatTheDriverDidNotDestroyStaysLive() {
        software.plain.driver().destroyStream(stream);
        assertThrows(CudaException.class, () -> driver.destroyStream(stream));
        assertThrows(CudaException.class, () -> driver.destroyStream(stream));
    }

    @Test
    void manyThreadsAllocateAndFreeAtOnce() {
        List<Thread> threads = java.util.stream.IntStream.range(0, 4).mapToObj(i -> new Thread(() -> {
            driver.setCurrentContext(driver.retainPrimaryContext(driver.device(0)));
            for (int round = 0; round < 300; round++) {
                long mine = driver.allocate(64);
                driver.fillWords(mine, round, 16, 0);
                driver.free(mine);
            }
            driver.releasePrimaryContext(0);
        })).toList();
        List<Throwable> problems = java.util.Collections.synchronizedList(new java.util.ArrayList<>());
        threads.forEach(thread -> thread.setUncaughtExceptionHandler((where, what) -> problems.add(what)));
        threads.forEach(Thread::start);
        threads.forEach(thread -> assertDoesNotThrow(() -> thread.join()));
        assertEquals(List.of(), problems);
    }
}
