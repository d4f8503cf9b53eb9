package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BFloat16Test {
    @Test
    void valuesAreRoundedToTheNearestAndToEvenInTheMiddle() {
        assertEquals(1f, BFloat16.rounded(1f));
        assertEquals(1f, BFloat16.rounded(1f + 0x1p-8f), "the middle, down to the even neighbour");
        assertEquals(1f + 0x1p-6f, BFloat16.rounded(1f + 0x1p-7f + 0x1p-8f), "the middle, up to the even neighbour");
        assertEquals(1f + 0x1p-7f, BFloat16.rounded(1f + 0x1p-8f + 0x1p-20f));
        assertEquals(-1f - 0x1p-7f, BFloat16.rounded(-1f - 0x1p-8f - 0x1p-20f));
        assertEquals(Float.POSITIVE_INFINITY, BFloat16.rounded(Float.MAX_VALUE));
    }

    @Test
    void zerosInfinitiesAndNansStayWhatTheyAre() {
        assertEquals(0, Float.floatToRawIntBits(BFloat16.rounded(0f)));
        assertEquals(Integer.MIN_VALUE, Float.floatToRawIntBits(BFloat16.rounded(-0f)));
        assertEquals(Float.NEGATIVE_INFINITY, BFloat16.rounded(Float.NEGATIVE_INFINITY));
        assertTrue(Float.isNaN(BFloat16.rounded(Float.intBitsToFloat(0x7f800001))), "a NaN of low bits alone");
        assertTrue(Float.isNaN(BFloat16.rounded(Float.intBitsToFloat(0xffffffff))));
    }
}
