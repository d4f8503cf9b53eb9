package io.gimbal.graph.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DropoutTest {
    /** What lies half way between two words, and to either side of it, among them. */
    @ParameterizedTest
    @ValueSource(doubles = {Double.MIN_VALUE, 1e-30, 0x1p-33, 0x1.0000000000001p-33, 0x1.fffffffffffffp-34, 0x1p-32,
        3e-10, 0.1, 0.2, 0.25, 0.3, 0.5, 0x1.00000001p-1, 0x1.000000010001p-1, 0x1.00000000ffffp-1, 0.7, 0.999,
                0.99999994})
    void theLeastKeptWordIsTheFirstWhoseNumberIsAtLeastP(double p) {
        long least = Dropout.leastKept(p);
        assertTrue(isKept(least, p));
        assertFalse(least > 0 && isKept(least - 1, p));
        assertTrue(least < 1L << 32, "a word is kept");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.0})
    void nothingIsDroppedWithoutAProbability(double p) {
        assertEquals(0, Dropout.leastKept(p));
    }

    private static boolean isKept(long word, double p) {
        BigDecimal u = new BigDecimal(word).add(new BigDecimal("0.5")).divide(new BigDecimal(1L << 32));
        return u.compareTo(new BigDecimal(p)) >= 0;
    }
}
