package io.gimbal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A number lies in a range if both it and its float32 do. */
class RangeTest {
    @ParameterizedTest
    @CsvSource({"FINITE, 0", "FINITE, -1e38", "FINITE, 3.4028235e38", "POSITIVE, 1.4e-45", "POSITIVE, 3.4028235e38",
        "NON_NEGATIVE, 0", "NON_NEGATIVE, -0.0", "NON_NEGATIVE, 1.4e-45", "FRACTION, 0", "FRACTION, 1",
        "FRACTION, 0.99999999", "BELOW_ONE, 0", "BELOW_ONE, 0.99999994"})
    void whatLiesInTheRangeIsTaken(Range range, double value) {
        assertEquals(value, range.check("x", value));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "FINITE       | NaN        | x is NaN, but must be a finite number.",
        "FINITE       | Infinity   | x is Infinity, but must be finite: a finite number.",
        "FINITE       | -1e39      | x is -1.0E39, which float32 makes infinite, but must be a finite number that"
        + " float32 can hold (its largest is 3.4028235E38).",
        "FINITE       | 1e-46      | x is 1.0E-46, which float32 makes 0, but must be a finite number that float32"
        + " can hold (its smallest above 0 is 1.4E-45).",
        "POSITIVE     | 0          | x is 0.0, but must be a number above 0.",
        "POSITIVE     | -0.0       | x is -0.0, but must be a number above 0.",
        "POSITIVE     | NaN        | x is NaN, but must be a number above 0.",
        "POSITIVE     | 1e-50      | x is 1.0E-50, which float32 makes 0, but must be a number above 0 that float32"
        + " can hold (its smallest above 0 is 1.4E-45).",
        "NON_NEGATIVE | -1e-300    | x is -1.0E-300, but must be a number of at least 0.",
        "NON_NEGATIVE | 1e-300     | x is 1.0E-300, which float32 makes 0, but must be a number of at least 0 that"
        + " float32 can hold (its smallest above 0 is 1.4E-45).",
        "NON_NEGATIVE | Infinity   | x is Infinity, but must be finite: a number of at least 0.",
        "FRACTION     | 1.00000001 | x is 1.00000001, but must be a number from 0 to 1.",
        "BELOW_ONE    | 1          | x is 1.0, but must be a number from 0 to below 1.",
        "BELOW_ONE    | 0.99999999 | x is 0.99999999, which float32 makes 1, but must be a number from 0 to below 1"
        + " that float32 can hold (its largest below 1 is 0.99999994)."})
    void whatFloat32TakesOutOfTheRangeIsRefusedToo(Range range, double value, String message) {
        assertEquals(message, assertThrows(UserException.class, () -> range.check("x", value)).getMessage());
    }
}
