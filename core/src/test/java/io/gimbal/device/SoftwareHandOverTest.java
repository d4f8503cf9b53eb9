package io.gimbal.device;

import static io.gimbal.device.DeviceContract.assertMessage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Driver;
import io.gimbal.cuda.SoftwareSearch;
import io.gimbal.cuda.panama.PanamaBinding;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The contract on the software device with guards, poison and late streams, which let streams that nothing orders run
 * in the wrong order; and handles that are none, with which a GPU's driver may do as it likes.
 */
class SoftwareHandOverTest extends HandOverContract {
    private static final int INVALID_CONTEXT = 201;
    private static final int INVALID_HANDLE = 400;
    private static final List<String> COUNTS = List.of("live_allocations", "live_bytes", "live_host_allocations",
            "live_streams", "live_events", "live_graphs", "live_executables", "live_modules",
            "live_communicators");

    private final Binding binding = PanamaBinding.ofSoftware(SoftwareSearch.places());
    private SoftDevice soft;

    @Override
    Driver newDriver() {
        soft = new SoftDevice(binding.switches().orElseThrow());
        soft.guard(true);
        soft.poison(true);
        soft.lateStreams(true);
        return binding.driver();
    }

    @Override
    Binding binding() {
        return binding;
    }

    @Override
    Device over(long context) {
        return Device.of(DeviceKind.SOFT, by(), context);
    }

    @Override
    @AfterEach
    void destroyContext() {
        try {
            device.close();
            assertEquals(COUNTS.stream().map(name -> name + " 0").toList(), counts(), "left by the closed device");
            super.destroyContext();
        } finally {
            TestDevices.reset(soft);
        }
    }

    private List<String> counts() {
        return COUNTS.stream().map(name -> name + " " + soft.get(name)).toList();
    }

    @Test
    void afterClosingWhatIsAliveIsWhatTheMakerLeft() {
        long memory = driver.allocate(64);
        long host = driver.allocateHost(32);
        long stream = driver.createStream();
        long event = driver.createEvent(false);
        List<String> made = counts();
        Stream ours = Stream.of(device, stream);
        DeviceMemory.of(device, memory, 64);
        device.newStream();
        device.newEvent();
        device.allocatePinned(16);
        DeviceMemory x = TestDevices.memory(device, 1f);
        Kernel add = device.kernel("elementwise", "add");
        ours.launch(ours.capture(() -> add.launch(ours, 1, x, x, x, 1L)));
        ours.blasHandle();
        ours.dnnHandle();
        device.blasHandle();
        assertNotEquals(made, counts());
        device.close();
        assertEquals(made, counts());
        driver.setCurrentContext(context);
        driver.destroyEvent(event);
        driver.destroyStream(stream);
        driver.freeHost(host);
        driver.free(memory);
    }

    @Test
    void aContextThatIsNoneOrIsDestroyedIsRefusedByName() {
        long destroyed = program.newContext();
        program.destroyContext(destroyed);
        for (long none : new long[] {0x1234, destroyed}) {
            CudaException refused = assertThrows(CudaException.class, () -> over(none));
            assertEquals(INVALID_CONTEXT, refused.status());
            assertMessage("cuCtxSetCurrent(context 0x" + Long.toHexString(none) + ")", refused);
        }
    }

    @Test
    void aContextThatItsMakerDestroysTooSoonIsReportedByTheDevicesClosing() {
        long other = program.newContext();
        Device over = over(other);
        over.newStream();
        program.destroyContext(other);
        assertEquals(INVALID_CONTEXT, assertThrows(CudaException.class, () -> over.allocate(4)).status());
        assertEquals(INVALID_CONTEXT, assertThrows(CudaException.class, over::close).status());
        over.close();
    }

    @Test
    void aStreamThatIsNoneIsRefusedByName() {
        CudaException refused = assertThrows(CudaException.class, () -> Stream.of(device, 0x5678));
        assertEquals(INVALID_HANDLE, refused.status());
        assertMessage("cuStreamGetCtx(stream 0x5678)", refused);
    }

    @Test
    void hostMemoryIsRefusedAsDeviceMemory() {
        long host = driver.allocateHost(64);
        assertMessage("no allocation of the device holds its start",
                assertThrows(IllegalArgumentException.class, () -> DeviceMemory.of(device, host, 4)));
        driver.freeHost(host);
    }

    @Test
    void aDeviceOfItsOwnKeepsToItsContextToo() {
        try (Device own = Device.open(DeviceKind.SOFT)) {
            own.newStream();
            driver.setCurrentContext(context);
            assertEquals(own.context(), driver.streamContext(own.newStream().handle()));
            assertNotEquals(context, own.context());
        }
        device.newStream().close();
    }

    @Test
    void theSoftwareDeviceIsTakenWhereThereIsNoGpu() {
        assumeFalse(Device.survey().gpu().usable(), "there is a GPU");
        try (Device over = Device.of(context)) {
            assertEquals(context, over.context());
            assertTrue(over.reason().startsWith("no GPU"), over.reason());
        }
    }
}
