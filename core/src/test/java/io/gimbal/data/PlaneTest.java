package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PlaneTest {

    @Test
    void directionsAreRoundedAsMathRoundDoesIt() {
        float[] vectors = new float[3 * 255 * 8];
        for (int i = 0; i < vectors.length; i++) {
            // All of [-1, 1] in steps of a twelfth of a stored one, so that halves are among them.
            vectors[i] = (i - vectors.length / 2) / (12f * 255);
        }
        Plane.Directions stored = Plane.Directions.of(vectors);
        for (int i = 0; i < vectors.length; i++) {
            assertEquals((byte) Math.round(vectors[i] * 127), stored.values()[i]);
        }
    }

    @Test
    void directionsAreReadAtLengthOneAndNoneStaysNone() {
        byte[] values = new byte[3 * 10_000];
        new Random(5).nextBytes(values);
        Arrays.fill(values, 0, 3, (byte) 0);
        Arrays.fill(values, 3, 6, Byte.MIN_VALUE);
        float[] row = new float[values.length];
        new Plane.Directions(values).read(Meaning.STORED, 0, 10_000, row);
        for (int i = 0; i < values.length; i += 3) {
            double length = Math.sqrt(values[i] * values[i] + values[i + 1] * values[i + 1]
                    + values[i + 2] * values[i + 2]);
            for (int c = 0; c < 3; c++) {
                // Two roundings of float32.
                assertEquals(length == 0 ? 0 : values[i + c] / length, row[i + c], 1.2e-7);
            }
        }
    }

    @Test
    void vectorsAreMirroredButWhatHasNoneIsLeft() {
        float[] row = {0.6f, 0, 0.8f, -1, -1, -1, -1, -1, 0};
        mirrored(-1).turn(row);
        assertArrayEquals(new float[] {-0.6f, 0, 0.8f, -1, -1, -1, 1, -1, 0}, row);
    }

    /** Compares signs of zeros, too. */
    @Test
    void mirroredZerosStayZeros() {
        float[] row = {0.6f, 0, 0.8f, 0, 0, 0, 0, -1, 0};
        mirrored(0).turn(row);
        assertArrayEquals(new float[] {-0.6f, 0, 0.8f, 0, 0, 0, 0, -1, 0}, row);
    }

    private static Turning mirrored(int ignore) {
        Field field = new Field("v", 3, Field.Kind.VECTORS, 0, ignore, false, List.of());
        Intake intake = Intake.ofColours(1, 3);
        return Turning.of(field, new Placement(intake.kept(1, 3), Variation.MIRRORED, 1, 3), Variation.MIRRORED);
    }
}
