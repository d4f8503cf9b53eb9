package io.gimbal.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Collectives.Element;
import io.gimbal.cuda.Collectives.Reduction;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of NCCL's statuses, by a library that is made up. */
@Timeout(60)
class ThrowingCollectivesTest {
    private static final int SUCCESS = 0;
    private static final int REMOTE_ERROR = 6;
    private static final int IN_PROGRESS = 7;
    private static final long COMMUNICATOR = 0xc0;

    private final List<String> called = Collections.synchronizedList(new ArrayList<>());
    /** How often the communicator still is in progress when it is asked; then it is {@link #state}. */
    private final AtomicInteger inProgress = new AtomicInteger();
    private volatile int state = SUCCESS;
    private volatile int returned = SUCCESS;

    private final RawCollectives raw = (RawCollectives) Proxy.newProxyInstance(RawCollectives.class.getClassLoader(),
            new Class<?>[] {RawCollectives.class}, (proxy, method, arguments) -> {
                called.add(method.getName());
                return switch (method.getName()) {
                    case "lastError" -> "rank 2 has ended";
                    case "create" -> {
                        ((long[]) arguments[0])[0] = COMMUNICATOR;
                        yield IN_PROGRESS;
                    }
                    case "asyncError" -> {
                        ((int[]) arguments[1])[0] = inProgress.getAndDecrement() > 0 ? IN_PROGRESS : state;
                        yield SUCCESS;
                    }
                    case "groupStart", "destroy", "abort" -> SUCCESS;
                    default -> returned;
                };
            });
    private final Collectives collectives = new ThrowingCollectives(raw);
    private final long communicator = collectives.create(new byte[128], 2, 0);

    private void allReduce() {
        collectives.allReduce(16, 32, 7, Element.FLOAT32, Reduction.SUM, communicator, 3);
    }

    @Test
    void aCommunicatorInTheMakingIsNotReadyAndOneThatFailedThrows() {
        inProgress.set(1);
        assertFalse(collectives.ready(communicator));
        assertTrue(collectives.ready(communicator));
        state = REMOTE_ERROR;
        CudaException failed = assertThrows(CudaException.class, () -> collectives.ready(communicator));
        assertEquals("ncclCommGetAsyncError() failed with status 6, ncclRemoteError (rank 2 has ended)",
                failed.getMessage());
    }

    @Test
    void aCallInProgressIsWaitedFor() {
        returned = IN_PROGRESS;
        inProgress.set(5);
        allReduce();
        assertEquals(6, Collections.frequency(called, "asyncError"));
        inProgress.set(5);
        state = REMOTE_ERROR;
        CudaException failed = assertThrows(CudaException.class, this::allReduce);
        assertEquals("ncclAllReduce(7 FLOAT32, SUM) failed with status 6, ncclRemoteError (rank 2 has ended)",
                failed.getMessage());
    }

    @Test
    void theCallsOfAGroupAreWaitedForAtTheEndOfTheOutermost() {
        returned = IN_PROGRESS;
        inProgress.set(2);
        collectives.groupStart();
        collectives.groupStart();
        allReduce();
        returned = SUCCESS;
        collectives.groupEnd();
        assertFalse(called.contains("asyncError"));
        returned = IN_PROGRESS;
        collectives.groupEnd();
        assertEquals(3, Collections.frequency(called, "asyncError"));
        returned = REMOTE_ERROR;
        collectives.groupStart();
        assertEquals(6, assertThrows(CudaException.class, collectives::groupEnd).status());
    }

    @Test
    void destroyingWaitsUntilTheCommunicatorIsFinalized() {
        returned = IN_PROGRESS;
        inProgress.set(4);
        collectives.destroy(communicator);
        assertEquals(List.of("create", "finish", "asyncError", "asyncError", "asyncError", "asyncError", "asyncError",
                "destroy"), called);
        assertThrows(IllegalStateException.class, () -> collectives.destroy(communicator));
        assertThrows(IllegalStateException.class, this::allReduce);
    }

    @Test
    void anAbortGetsThroughWhileAnotherThreadWaitsAndThatIsToldSo() throws Exception {
        returned = IN_PROGRESS;
        inProgress.set(Integer.MAX_VALUE);
        FutureTask<IllegalStateException> waiting = new FutureTask<>(
                () -> assertThrows(IllegalStateException.class, () -> collectives.destroy(communicator)));
        new Thread(waiting).start();
        while (!called.contains("asyncError")) {
            Thread.onSpinWait();
        }
        collectives.abort(communicator);
        assertTrue(waiting.get().getMessage().contains("0xc0 was destroyed or aborted"), waiting.get().getMessage());
        int abort = called.indexOf("abort");
        assertFalse(called.subList(abort, called.size()).contains("asyncError"), "a freed communicator is asked");
        assertFalse(called.contains("destroy"));
    }

    @Test
    void anAbortDoesNotWaitForACallThatHangs() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        RawCollectives hanging = (RawCollectives) Proxy.newProxyInstance(RawCollectives.class.getClassLoader(),
                new Class<?>[] {RawCollectives.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("allReduce")) {
                        inside.countDown();
                        over.await();
                    }
                    return method.invoke(raw, arguments);
                });
        Collectives hung = new ThrowingCollectives(hanging, Duration.ofMillis(50));
        long one = hung.create(new byte[128], 2, 0);
        Thread caller = new Thread(() -> hung.allReduce(16, 32, 7, Element.BYTE, Reduction.MAX, one, 0));
        caller.start();
        inside.await();
        hung.abort(one);
        assertTrue(called.contains("abort"));
        over.countDown();
        caller.join();
    }
}
