package io.gimbal.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PairedTestTest {
    /** Tables of Student's t have three digits behind the point. */
    @ParameterizedTest
    @CsvSource({"12.706, 1, 0.05", "4.303, 2, 0.05", "3.182, 3, 0.05", "2.776, 4, 0.05", "2.571, 5, 0.05",
        "2.262, 9, 0.05", "2.228, 10, 0.05", "2.042, 30, 0.05", "63.657, 1, 0.01", "3.355, 8, 0.01", "0, 3, 1",
        "0, 4, 1", "1, 1, 0.5"})
    void itIsStudentsDistribution(double t, int degrees, double outside) {
        assertEquals(outside, PairedTest.outside(t, degrees), 1e-3 * outside);
    }

    @Test
    void differencesOfOneSignAreMoreThanNoiseWhereTheyAgree() {
        // t = 2 / (1 / sqrt(3)) of two degrees of freedom: by scipy.stats.ttest_rel 0.0741799.
        PairedTest three = PairedTest.of(List.of(1.0, 2.0, 3.0));
        assertEquals(0.0741799, three.probability(), 1e-7);
        assertFalse(three.significant());
        assertTrue(PairedTest.of(List.of(1.9, 2.0, 2.1)).significant());
    }

    @Test
    void equalDifferencesLeaveNoDoubtAndNoneNoDifference() {
        assertEquals(0, PairedTest.of(List.of(2.0, 2.0)).probability());
        assertEquals(1, PairedTest.of(List.of(0.0, 0.0, 0.0)).probability());
    }

    @Test
    void ofOneSeedNothingIsSaid() {
        PairedTest one = PairedTest.of(Arrays.asList(2.0, Double.NaN));
        assertEquals(1, one.differences());
        assertTrue(Double.isNaN(one.probability()));
        assertFalse(one.significant());
    }
}
