package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.ThreadConfinement.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ThreadConfinementTest {
    private final AtomicInteger released = new AtomicInteger();
    private final ThreadConfinement confinement = new ThreadConfinement("the thing", released::incrementAndGet);

    /** What it throws in another thread, which has ended when this returns; null for nothing. */
    private static Throwable elsewhere(Runnable work) {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (Throwable problem) {
                thrown.set(problem);
            }
        }, "other");
        thread.start();
        assertDoesNotThrow(() -> thread.join());
        return thrown.get();
    }

    private void use() {
        try (Call _ = confinement.enter()) {
            confinement.require();
        }
    }

    private static void assertRefused(Throwable thrown, String... parts) {
        assertInstanceOf(IllegalStateException.class, thrown);
        for (String part : parts) {
            assertTrue(thrown.getMessage().contains(part), thrown.getMessage());
        }
    }

    @Test
    void aSecondThreadIsRefusedByNameBetweenCallsToo() {
        use();
        String own = "thread '" + Thread.currentThread().getName() + "'";
        assertRefused(elsewhere(this::use), "the thing", own, "thread 'other'", "handOver()");
        assertRefused(elsewhere(confinement::require), "the thing");
        assertRefused(elsewhere(confinement::handOver), "the thing");
        use();
    }

    @Test
    void whatWasBuiltInOneThreadBelongsToTheFirstThatUsesIt() {
        assertNull(elsewhere(this::use));
        use();
    }

    @Test
    void aThreadThatHasEndedOwnsNothing() {
        for (int i = 0; i < 5; i++) {
            assertNull(elsewhere(this::use));
        }
        Thread virtual = Thread.startVirtualThread(this::use);
        assertDoesNotThrow(() -> virtual.join());
        use();
    }

    @Test
    void whatIsHandedOverBelongsToTheNext() throws InterruptedException {
        use();
        confinement.handOver();
        CountDownLatch used = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Thread next = Thread.ofVirtual().start(() -> {
            use();
            used.countDown();
            assertDoesNotThrow(() -> end.await());
        });
        used.await();
        assertRefused(assertThrows(IllegalStateException.class, this::use), "thread '#" + next.threadId() + "'");
        end.countDown();
        next.join();
        use();
    }

    @Test
    void insideACallItIsNeitherHandedOverNorClosed() {
        try (Call _ = confinement.enter(); Call _ = confinement.enter()) {
            assertRefused(assertThrows(IllegalStateException.class, confinement::handOver), "inside a call");
            assertRefused(assertThrows(IllegalStateException.class, confinement::close), "behind that");
            assertRefused(elsewhere(confinement::close), "is inside a call of it");
            assertFalse(confinement.closed());
        }
        assertEquals(0, released.get());
        confinement.close();
        assertEquals(1, released.get());
    }

    @Test
    void anyThreadMayCloseItAndClosingAgainIsHarmless() {
        use();
        assertNull(elsewhere(confinement::close));
        confinement.close();
        assertEquals(1, released.get());
        assertRefused(assertThrows(IllegalStateException.class, this::use), "the thing is closed");
        assertRefused(assertThrows(IllegalStateException.class, confinement::requireOpen), "the thing is closed");
    }

    @Test
    void severalEndTogetherOrNotAtAll() {
        List<String> order = new ArrayList<>();
        ThreadConfinement first = new ThreadConfinement("first", () -> order.add("first"));
        ThreadConfinement second = new ThreadConfinement("second", () -> order.add("second"));
        try (Call _ = second.enter()) {
            assertThrows(IllegalStateException.class, () -> ThreadConfinement.endTogether(List.of(first, second)));
            assertFalse(first.closed());
        }
        ThreadConfinement.endTogether(List.of(first, second)).close();
        assertEquals(List.of("first", "second"), order);
        assertTrue(first.closed() && second.closed());
    }

    @Test
    void ofManyThreadsAtOnceOneGetsIt() throws InterruptedException {
        for (int round = 0; round < 50; round++) {
            ThreadConfinement one = new ThreadConfinement("one");
            CountDownLatch start = new CountDownLatch(1);
            CountDownLatch tried = new CountDownLatch(4);
            AtomicInteger in = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                threads.add(Thread.startVirtualThread(() -> {
                    assertDoesNotThrow(() -> start.await());
                    try {
                        one.require();
                        in.incrementAndGet();
                    } catch (IllegalStateException refused) {
                        assertRefused(refused, "one is for one thread");
                    }
                    tried.countDown();
                    assertDoesNotThrow(() -> tried.await());
                }));
            }
            start.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(1, in.get());
        }
    }
}
