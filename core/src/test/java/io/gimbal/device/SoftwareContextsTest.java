package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.AllocationRange;
import io.gimbal.cuda.Driver;
import io.gimbal.cuda.SoftwareSearch;
import io.gimbal.cuda.panama.PanamaBinding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The functions of the software device that programs call to make contexts, and that Gimbal does not: what they do and
 * the statuses of misuse.
 */
class SoftwareContextsTest {
    private static final int INVALID_VALUE = 1;
    private static final int INVALID_DEVICE = 101;
    private static final int INVALID_CONTEXT = 201;
    private static final int NOT_FOUND = 500;
    private static final int CONTEXT_IS_DESTROYED = 709;
    private static final int CAPTURE_IMPLICIT = 906;

    private final Binding binding = PanamaBinding.ofSoftware(SoftwareSearch.places());
    private final Driver driver = binding.driver();
    private final ForeignProgram program = new ForeignProgram(binding);
    private final SoftDevice soft = new SoftDevice(binding.switches().orElseThrow());
    private long context;

    @BeforeEach
    void makeContext() {
        driver.initialize();
        context = program.newContext();
    }

    @AfterEach
    void destroyContext() {
        soft.lateStreams(false);
        driver.setCurrentContext(context);
        program.destroyContext(context);
        assertEquals(0, soft.get("live_allocations"));
        assertEquals(0, soft.get("live_host_allocations"));
        assertEquals(0, soft.get("live_streams"));
    }

    @Test
    void aNewContextIsCurrentUntilItIsDestroyedAndThenTheOneBeforeIt() {
        long second = program.newContext();
        assertNotEquals(context, second);
        assertEquals(second, driver.currentContext());
        program.destroyContext(second);
        assertEquals(context, driver.currentContext());
    }

    @Test
    void aContextThatIsNotCurrentIsDestroyedWithoutAChangeOfTheCurrentOne() {
        long second = program.newContext();
        driver.setCurrentContext(context);
        program.destroyContext(second);
        assertEquals(context, driver.currentContext());
    }

    @Test
    void contextsArePushedAndPopped() {
        long second = program.newContext();
        program.call("cuCtxPushCurrent_v2", context);
        assertEquals(context, program.get("cuCtxPopCurrent_v2"));
        assertEquals(second, driver.currentContext());
        program.call("cuCtxPopCurrent_v2", 0L);
        assertEquals(context, driver.currentContext());
        program.destroyContext(second);
        assertEquals(INVALID_CONTEXT, program.status("cuCtxPushCurrent_v2", second));
        assertEquals(INVALID_CONTEXT, program.status("cuCtxPushCurrent_v2", 0L));
    }

    @Test
    void aThreadBeginsWithoutAContext() throws InterruptedException {
        onANewThread(() -> {
            assertEquals(0, driver.currentContext());
            assertEquals(INVALID_CONTEXT, program.status("cuCtxPopCurrent_v2", 0L));
            try (Arena arena = Arena.ofConfined()) {
                long result = arena.allocate(8).address();
                assertEquals(INVALID_CONTEXT, program.status("cuCtxGetDevice", result));
                assertEquals(INVALID_CONTEXT, program.status("cuStreamGetCtx", 0L, result));
                assertEquals(INVALID_CONTEXT, program.status("cuMemAlloc_v2", result, 16L));
            }
            driver.setCurrentContext(context);
            assertEquals(0, driver.contextDevice());
            assertEquals(context, driver.streamContext(0));
            driver.setCurrentContext(0);
            assertEquals(0, driver.currentContext());
        });
    }

    @Test
    void aContextThatIsDestroyedElsewhereStaysCurrentButRefusesEverything() throws InterruptedException {
        long second = program.newContext();
        onANewThread(() -> {
            driver.setCurrentContext(context);
            program.destroyContext(second);
        });
        assertEquals(second, driver.currentContext());
        assertEquals(CONTEXT_IS_DESTROYED, program.status("cuCtxSynchronize"));
        assertEquals(second, program.get("cuCtxPopCurrent_v2"));
        assertEquals(context, driver.currentContext());
    }

    @Test
    void argumentsThatMakeNoContextAreRefused() {
        try (Arena arena = Arena.ofConfined()) {
            long result = arena.allocate(8).address();
            assertEquals(INVALID_VALUE, program.status("cuCtxCreate_v2", 0L, 0, 0));
            assertEquals(INVALID_VALUE, program.status("cuCtxCreate_v2", result, 0x100, 0));
            assertEquals(INVALID_VALUE, program.status("cuCtxCreate_v2", result, 3, 0), "both to spin and to yield");
            assertEquals(INVALID_DEVICE, program.status("cuCtxCreate_v2", result, 0, 1));
        }
        assertEquals(context, driver.currentContext());
        long blocking = program.get("cuCtxCreate_v2", 4 | 8 | 16, 0);
        program.destroyContext(blocking);
    }

    @Test
    void whatIsNoCreatedContextCannotBeDestroyed() {
        long second = program.newContext();
        program.destroyContext(second);
        long primary = driver.retainPrimaryContext(0);
        for (long none : new long[] {0, 0x1234, second, primary}) {
            assertEquals(INVALID_CONTEXT, program.status("cuCtxDestroy_v2", none));
        }
        driver.releasePrimaryContext(0);
    }

    @Test
    void whatWasMadeInAContextGoesWithItAndNothingElseDoes() {
        long kept = driver.allocate(64);
        long second = program.newContext();
        driver.allocate(64);
        driver.allocateHost(64);
        driver.createEvent(true);
        long stream = driver.createStream();
        driver.beginCapture(stream);
        assertEquals(2, soft.get("live_allocations"));
        program.destroyContext(second);
        assertEquals(1, soft.get("live_allocations"));
        for (String none : new String[] {"live_host_allocations", "live_streams", "live_events"}) {
            assertEquals(0, soft.get(none), none);
        }
        assertEquals(kept, driver.allocationRange(kept).base());
        driver.free(kept);
    }

    @Test
    void thePrimaryContextComesAndGoesBesideTheOthers() {
        assertEquals(0, primaryIsActive());
        long kept = driver.allocate(64);
        long primary = driver.retainPrimaryContext(0);
        assertEquals(1, primaryIsActive());
        driver.setCurrentContext(primary);
        driver.allocate(64);
        driver.createStream();
        driver.releasePrimaryContext(0);
        assertEquals(0, primaryIsActive());
        assertEquals(CONTEXT_IS_DESTROYED, program.status("cuCtxSetCurrent", primary));
        driver.setCurrentContext(context);
        assertEquals(1, soft.get("live_allocations"));
        assertEquals(0, soft.get("live_streams"));
        driver.free(kept);
    }

    private int primaryIsActive() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(ValueLayout.JAVA_INT, 2);
            program.call("cuDevicePrimaryCtxGetState", 0, result.address(), result.address() + 4);
            assertEquals(0, result.get(ValueLayout.JAVA_INT, 0), "flags");
            return result.get(ValueLayout.JAVA_INT, 4);
        }
    }

    @Test
    void copiesWithoutAStreamAreOrderedAgainstTheStreamsThatTheLegacyStreamWaitsFor() {
        soft.lateStreams(true);
        long stream = program.get("cuStreamCreate", 0);
        long first = program.get("cuMemAlloc_v2", 8L);
        long second = program.get("cuMemAlloc_v2", 8L);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocateFrom(ValueLayout.JAVA_INT, 5, 6);
            driver.fillWords(first, 1, 2, stream);
            program.call("cuMemcpyHtoD_v2", first, host.address(), 4L);
            driver.copyDeviceToDevice(second, first, 8, stream);
            host.fill((byte) 0);
            program.call("cuMemcpyDtoH_v2", host.address(), second, 8L);
            assertEquals(5, host.getAtIndex(ValueLayout.JAVA_INT, 0));
            assertEquals(1, host.getAtIndex(ValueLayout.JAVA_INT, 1));
            driver.fillWords(first, 2, 2, stream);
            program.call("cuMemcpyDtoD_v2", second, first, 8L);
            driver.fillWords(second, 3, 1, stream);
            driver.synchronizeStream(stream);
            program.call("cuMemcpyDtoH_v2", host.address(), second, 8L);
            assertEquals(3, host.getAtIndex(ValueLayout.JAVA_INT, 0));
            assertEquals(2, host.getAtIndex(ValueLayout.JAVA_INT, 1));
        }
    }

    @Test
    void copiesWithoutAStreamAreRefusedOutsideOfAllocationsAndWhileABlockingStreamCaptures() {
        long memory = driver.allocate(8);
        try (Arena arena = Arena.ofConfined()) {
            long host = arena.allocate(16).address();
            assertEquals(INVALID_VALUE, program.status("cuMemcpyHtoD_v2", memory, host, 9L));
            assertEquals(INVALID_VALUE, program.status("cuMemcpyHtoD_v2", memory, 0L, 8L));
            assertEquals(INVALID_VALUE, program.status("cuMemcpyDtoH_v2", host, memory + 8, 1L));
            assertEquals(INVALID_VALUE, program.status("cuMemcpyDtoH_v2", 0L, memory, 8L));
            assertEquals(INVALID_VALUE, program.status("cuMemcpyDtoD_v2", memory, 0x1234L, 8L));
            program.call("cuMemcpyHtoD_v2", 0L, 0L, 0L);
            driver.beginCapture(program.get("cuStreamCreate", 0));
            assertEquals(CAPTURE_IMPLICIT, program.status("cuMemcpyDtoH_v2", host, memory, 8L));
        }
    }

    @Test
    void anAddressRangeIsThatOfTheAllocationAroundThePointer() {
        long memory = driver.allocate(100);
        long host = program.get("cuMemAllocHost_v2", 100L);
        assertEquals(new AllocationRange(memory, 100), driver.allocationRange(memory));
        assertEquals(new AllocationRange(memory, 100), driver.allocationRange(memory + 99));
        assertEquals(memory, program.get("cuMemGetAddressRange_v2", 0L, memory + 1));
        program.call("cuMemGetAddressRange_v2", 0L, 0L, memory);
        for (long none : new long[] {memory - 1, memory + 100, host, 0}) {
            assertEquals(NOT_FOUND, program.status("cuMemGetAddressRange_v2", 0L, 0L, none));
        }
        driver.freeHost(host);
        driver.free(memory);
        assertEquals(NOT_FOUND, program.status("cuMemGetAddressRange_v2", 0L, 0L, memory));
    }

    private static void onANewThread(Runnable work) throws InterruptedException {
        AtomicReference<Throwable> problem = new AtomicReference<>();
        Thread thread = new Thread(work);
        thread.setUncaughtExceptionHandler((where, what) -> problem.set(what));
        thread.start();
        thread.join();
        if (problem.get() != null) {
            throw new AssertionError("on the new thread", problem.get());
        }
    }
}
