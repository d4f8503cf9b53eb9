package io.gimbal.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class UninterruptedTest {
    @Test
    void aWaitThatIsInterruptedGoesOnAndTheThreadIsMarkedAfterwards() {
        AtomicInteger asked = new AtomicInteger();
        Uninterrupted.await(() -> {
            if (asked.incrementAndGet() < 3) {
                throw new InterruptedException();
            }
        });
        assertEquals(3, asked.get());
        assertTrue(Thread.interrupted());
    }

    @Test
    void aWaitThatIsNotInterruptedMarksNothing() {
        Uninterrupted.await(() -> { });
        assertFalse(Thread.interrupted());
    }
}
