package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;

/** Bit-for-bit comparison of what a step depends on. */
final class States {
    private States() {}

    /** Everything but the counters is alike. */
    static void assertSameButCounters(StepState expected, StepState actual) {
        assertSame(expected.tensors(), actual.tensors());
        assertEquals(expected.moments().size(), actual.moments().size());
        for (int i = 0; i < expected.moments().size(); i++) {
            assertSame(expected.moments().get(i), actual.moments().get(i));
        }
        assertArrayEquals(expected.balance(), actual.balance());
        assertEquals(expected.averages().isPresent(), actual.averages().isPresent());
        expected.averages().ifPresent(averages -> assertSame(averages, actual.averages().orElseThrow()));
    }

    static void assertSame(StepState expected, StepState actual) {
        assertSameButCounters(expected, actual);
        assertArrayEquals(expected.counters(), actual.counters());
    }

    private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
    }
}
