package io.gimbal.cuda.checked;

import static io.gimbal.cuda.checked.CheckedSoftware.hex;
import static io.gimbal.cuda.checked.CheckedSoftware.refusesHandle;
import static io.gimbal.cuda.checked.CheckedSoftware.refusesPointer;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gimbal.cuda.Collectives.Element;
import io.gimbal.cuda.Collectives.Reduction;
import io.gimbal.cuda.Collectives;
import io.gimbal.cuda.CudaException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each refusal of the checked NCCL, and the legal use beside it, by one rank on the software device. */
class CheckedCollectivesTest {
    private static final long BYTES = 40;

    private CheckedSoftware software;
    private CheckedDriver driver;
    private Collectives collectives;
    private long stream;
    private long memory;
    private long communicator;

    @BeforeEach
    void open() {
        software = new CheckedSoftware();
        driver = software.driver;
        collectives = software.binding.collectives();
        stream = driver.createStream();
        memory = driver.allocate(BYTES);
        communicator = collectives.create(collectives.uniqueId(), 1, 0);
        while (!collectives.ready(communicator)) {
            Thread.onSpinWait();
        }
    }

    @AfterEach
    void close() {
        collectives.abort(communicator);
        software.close();
    }

    private void allReduce(long send, long receive, long count) {
        collectives.allReduce(send, receive, count, Element.FLOAT32, Reduction.SUM, communicator, stream);
    }

    @Test
    void buffersMayReachTheEndOfTheirAllocationsAndNoFurther() {
        allReduce(memory, memory, 10);
        allReduce(memory + 8, memory, 8);
        refusesPointer(() -> allReduce(memory, memory, 11), "ncclAllReduce: the send buffer " + hex(memory), "not 44");
        refusesPointer(() -> allReduce(memory, memory + 4, 10), "the receive buffer " + hex(memory + 4));
        refusesPointer(() -> allReduce(memory + 2, memory, 1), "must be a multiple of 4");
        refusesPointer(() -> allReduce(memory, memory, Long.MAX_VALUE), "not " + Long.MAX_VALUE);
        refusesPointer(() -> allReduce(memory, memory, -1), "the count is -1: it must not be negative");
        refusesPointer(() -> collectives.allGather(memory, memory + 32, 3, Element.FLOAT32, communicator, stream),
                "ncclAllGather: the receive buffer");
        collectives.allGather(memory, memory, 5, Element.FLOAT64, communicator, stream);
    }

    @Test
    void freedMemoryIsRefused() {
        long freed = driver.allocate(BYTES);
        driver.free(freed);
        refusesPointer(() -> allReduce(freed, memory, 1), "which was freed");
        refusesPointer(() -> collectives.broadcast(freed, memory, 1, Element.BYTE, 0, communicator, stream),
                "ncclBroadcast: the send buffer");
    }

    @Test
    void aRootMustBeARank() {
        collectives.broadcast(memory, memory, BYTES, Element.BYTE, 0, communicator, stream);
        refusesPointer(() -> collectives.broadcast(memory, memory, 1, Element.BYTE, 1, communicator, stream),
                "the root is 1: it may be 0 to 0");
    }

    @Test
    void whatWasDestroyedOrNeverCreatedIsRefused() {
        long other = collectives.create(collectives.uniqueId(), 1, 0);
        collectives.abort(other);
        refusesHandle(() -> collectives.ready(other), "ncclCommGetAsyncError: the communicator " + hex(other),
                "was destroyed");
        refusesHandle(() -> collectives.abort(other), "was destroyed");
        refusesHandle(() -> collectives.destroy(12), "was never created");
        refusesHandle(() -> collectives.allReduce(memory, memory, 1, Element.BYTE, Reduction.MAX, communicator, 77),
                "the stream 0x4d was never created");
    }

    @Test
    void oneThatCannotBeDestroyedStillCanBeAborted() {
        long waiting = collectives.create(collectives.uniqueId(), 2, 0);
        CudaException refused = assertThrows(CudaException.class, () -> collectives.destroy(waiting));
        org.junit.jupiter.api.Assertions.assertTrue(refused.getMessage().contains("is still in progress"),
                refused.getMessage());
        collectives.abort(waiting);
    }

    @Test
    void aGroupEndsOnTheThreadThatStartedIt() {
        collectives.groupStart();
        allReduce(memory, memory, 10);
        collectives.groupEnd();
        refusesHandle(collectives::groupEnd, "ncclGroupEnd: the thread '", "has started no group");
    }
}
