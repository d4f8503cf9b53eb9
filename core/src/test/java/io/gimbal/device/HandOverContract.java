package io.gimbal.device;

import static io.gimbal.device.DeviceContract.assertMessage;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Driver;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program that uses CUDA already can hand over, and that it stays the program's. */
abstract class HandOverContract {
    private static final int COUNT = 1 << 18;

    /** The program's driver, by a binding of its own. */
    Driver driver;
    /** The program's other calls. */
    ForeignProgram program;
    /** The program's context. */
    long context;
    /** Over that context. */
    Device device;

    /** The program's driver. */
    abstract Driver newDriver();

    /** What the program's driver is of. */
    abstract Binding binding();

    /** By what the device calls CUDA; the program calls it by the foreign function interface. */
    BindingKind by() {
        return BindingKind.PANAMA;
    }

    /** A device over a context of the program. */
    abstract Device over(long context);

    @BeforeEach
    void makeContext() {
        driver = newDriver();
        driver.initialize();
        program = new ForeignProgram(binding());
        context = program.newContext();
        device = over(context);
    }

    @AfterEach
    void destroyContext() {
        if (device != null) {
            device.close();
            driver.setCurrentContext(context);
            program.destroyContext(context);
        }
    }

    @Test
    void aDeviceOverAContextMadeElsewhereComputesInThatContext() {
        assertEquals(context, device.context());
        try (Stream stream = device.newStream()) {
            assertEquals(context, driver.streamContext(stream.handle()));
            DeviceMemory x = TestDevices.memory(device, 1f, 2f, 3f);
            device.kernel("elementwise", "add").launch(stream, 1, x, x, x, 3L);
            stream.synchronize();
            assertArrayEquals(new float[] {2f, 4f, 6f}, TestDevices.floats(device, x));
        }
        assertEquals(context, driver.currentContext());
        assertEquals(0, driver.contextDevice());
    }

    @Test
    void closingTheDeviceLeavesTheContextToItsMaker() {
        long memory = driver.allocate(16);
        long stream = driver.createStream();
        device.allocate(16);
        device.newStream();
        device.close();
        driver.setCurrentContext(context);
        driver.fillWords(memory, 7, 4, stream);
        driver.synchronizeStream(stream);
        assertEquals(context, driver.streamContext(stream));
        driver.destroyStream(stream);
        driver.free(memory);
        assertThrows(IllegalStateException.class, () -> device.allocate(4));
    }

    @Test
    void severalDevicesMayBeOverOneContext() {
        DeviceMemory memory = TestDevices.memory(device, 5);
        try (Device second = over(context)) {
            DeviceMemory same = DeviceMemory.of(second, memory.address(), memory.bytes());
            assertArrayEquals(new int[] {5}, TestDevices.ints(second, same));
        }
        assertArrayEquals(new int[] {5}, TestDevices.ints(device, memory));
    }

    @Test
    void aPrimaryContextThatSomebodyElseRetainedIsNotReleased() {
        long primary = driver.retainPrimaryContext(0);
        try {
            assertNotEquals(context, primary);
            try (Device over = over(primary)) {
                assertEquals(primary, over.context());
                over.allocate(16);
            }
            driver.setCurrentContext(primary);
            driver.free(driver.allocate(16));
        } finally {
            driver.releasePrimaryContext(0);
        }
    }

    @Test
    void everyThreadMayUseTheDevice() throws InterruptedException {
        DeviceMemory memory = TestDevices.memory(device, 1, 2);
        AtomicReference<Object> read = new AtomicReference<>();
        Thread thread = new Thread(() -> read.set(TestDevices.ints(device, memory)));
        thread.setUncaughtExceptionHandler((where, what) -> read.set(what));
        thread.start();
        thread.join();
        assertArrayEquals(new int[] {1, 2}, (int[]) read.get());
    }

    @Test
    void whateverTheProgramMakesCurrentInBetweenTheDeviceKeepsToItsContext() {
        device.newStream().close();
        long other = program.newContext();
        assertEquals(other, driver.currentContext());
        try (Stream stream = device.newStream()) {
            assertEquals(context, driver.streamContext(stream.handle()));
        } finally {
            driver.setCurrentContext(other);
            program.destroyContext(other);
        }
    }

    @Test
    void aStreamMadeElsewhereOrdersOurWorkWithItsMakers() {
        long handle = driver.createStream();
        long first = driver.allocate(COUNT * 4L);
        long second = driver.allocate(COUNT * 4L);
        Stream stream = Stream.of(device, handle);
        assertEquals(handle, stream.handle());
        for (int round = 1; round <= 10; round++) {
            driver.fillWords(first, round, COUNT, handle);
            stream.copy(second, first, COUNT * 4L);
            driver.copyDeviceToDevice(first, second, COUNT * 4L, handle);
            stream.fillWords(second, -1, 1);
        }
        stream.synchronize();
        int[] found = TestDevices.ints(device, DeviceMemory.of(device, second, COUNT * 4L));
        assertEquals(-1, found[0]);
        assertEquals(10, found[1]);
        assertEquals(10, found[COUNT - 1]);
        device.close();
        driver.setCurrentContext(context);
        driver.destroyStream(handle);
        driver.free(first);
        driver.free(second);
    }

    @Test
    void anEventOfOursOrdersTheMakersStreamBehindOurs() {
        long handle = driver.createStream();
        DeviceMemory memory = TestDevices.memory(device, new int[COUNT]);
        DeviceMemory copy = TestDevices.memory(device, new int[COUNT]);
        Stream ours = device.newStream();
        Event written = device.newEvent();
        ours.fillWords(memory.address(), 3, COUNT);
        written.record(ours);
        driver.streamWaitEvent(handle, written.handle());
        driver.copyDeviceToDevice(copy.address(), memory.address(), COUNT * 4L, handle);
        driver.synchronizeStream(handle);
        assertEquals(3, TestDevices.ints(device, copy)[COUNT - 1]);
        driver.destroyStream(handle);
    }

    @Test
    void workOnAStreamMadeElsewhereIsCapturedAndLaunched() {
        long handle = driver.createStream();
        Stream stream = Stream.of(device, handle);
        DeviceMemory x = TestDevices.memory(device, 1f);
        Kernel add = device.kernel("elementwise", "add");
        Graph graph = stream.capture(() -> add.launch(stream, 1, x, x, x, 1L));
        stream.launch(graph);
        stream.launch(graph);
        driver.synchronizeStream(handle);
        assertArrayEquals(new float[] {4f}, TestDevices.floats(device, x));
        driver.destroyStream(handle);
    }

    @Test
    void closingAStreamMadeElsewhereDoesNotDestroyIt() {
        long handle = driver.createStream();
        Stream stream = Stream.of(device, handle);
        stream.close();
        stream.close();
        assertMessage("stream 0x" + Long.toHexString(handle) + " is closed",
                assertThrows(IllegalStateException.class, stream::synchronize));
        driver.synchronizeStream(handle);
        Stream.of(device, handle).synchronize();
        driver.destroyStream(handle);
    }

    @Test
    void theLegacyStreamMayBeHandedOver() {
        DeviceMemory memory = TestDevices.memory(device, 1, 2);
        Stream legacy = Stream.of(device, 0);
        legacy.fillWords(memory.address(), 9, 1);
        legacy.synchronize();
        assertArrayEquals(new int[] {9, 2}, TestDevices.ints(device, memory));
    }

    @Test
    void aStreamOfAnotherContextIsRefusedByName() {
        long other = program.newContext();
        long handle = driver.createStream();
        try {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> Stream.of(device, handle));
            assertMessage("stream 0x" + Long.toHexString(handle), refused);
            assertMessage("is of context 0x" + Long.toHexString(other), refused);
            assertMessage("over context 0x" + Long.toHexString(context), refused);
        } finally {
            driver.setCurrentContext(other);
            driver.destroyStream(handle);
            program.destroyContext(other);
        }
    }

    @Test
    void memoryMadeElsewhereIsReadAndWrittenByOurKernelsAndStaysAllocated() {
        long pointer = driver.allocate(64);
        Stream stream = device.newStream();
        DeviceMemory all = DeviceMemory.of(device, pointer, 64);
        DeviceMemory part = DeviceMemory.of(device, pointer + 32, 16);
        assertEquals(pointer + 32, part.address());
        assertEquals(16, part.bytes());
        stream.fillWords(all.address(), Float.floatToRawIntBits(1.5f), 16);
        device.kernel("elementwise", "add").launch(stream, 1, all, all, part, 4L);
        stream.synchronize();
        float[] values = TestDevices.floats(device, all);
        assertArrayEquals(new float[] {1.5f, 3f, 3f, 3f, 3f, 1.5f}, java.util.Arrays.copyOfRange(values, 7, 13));
        all.close();
        part.close();
        assertMessage("device memory of 64 bytes", assertThrows(IllegalStateException.class, all::address));
        assertEquals(pointer, driver.allocationRange(pointer).base());
        device.close();
        driver.setCurrentContext(context);
        assertEquals(64, driver.allocationRange(pointer).bytes());
        driver.free(pointer);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void memoryOfLessThanOneByteIsRefused(long bytes) {
        long pointer = driver.allocate(64);
        assertMessage("at least 1 byte",
                assertThrows(IllegalArgumentException.class, () -> DeviceMemory.of(device, pointer, bytes)));
        driver.free(pointer);
    }

    @ParameterizedTest
    @ValueSource(longs = {57, 64, 1L << 40, Long.MAX_VALUE})
    void memoryBeyondTheEndOfItsAllocationIsRefusedWithWhatThereIs(long bytes) {
        long pointer = driver.allocate(64);
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> DeviceMemory.of(device, pointer + 8, bytes));
        assertMessage("device memory of " + bytes + " bytes at 0x" + Long.toHexString(pointer + 8), refused);
        assertMessage("its allocation of 64 bytes at 0x" + Long.toHexString(pointer) + " ends after 56", refused);
        assertEquals(56, DeviceMemory.of(device, pointer + 8, 56).bytes());
        device.close();
        driver.setCurrentContext(context);
        driver.free(pointer);
    }

    @Test
    void memoryThatWasFreedOrNeverAllocatedIsRefusedByName() {
        long freed = driver.allocate(1 << 25);
        driver.free(freed);
        for (long pointer : new long[] {freed, 0x1234, 0}) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> DeviceMemory.of(device, pointer, 4));
            assertMessage("device memory of 4 bytes at 0x" + Long.toHexString(pointer), refused);
            assertMessage("no allocation of the device holds its start", refused);
        }
    }

    @Test
    void contextZeroIsRefusedByName() {
        assertMessage("context 0 is no context", assertThrows(IllegalArgumentException.class, () -> over(0)));
    }
}
