package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ToyFunctionsTest {
    private static final List<Double> SCALES = List.of(1.0, 100.0);

    /** Input, then each function's values. */
    private static float[] sample(ToyFunctions set, int index) {
        FloatBuffer image = FloatBuffer.allocate(ToyFunctions.INPUTS);
        ByteBuffer[] targets = new ByteBuffer[2];
        for (int i = 0; i < 2; i++) {
            targets[i] = ByteBuffer.allocate(4 * ToyFunctions.OUTPUTS).order(ByteOrder.nativeOrder());
        }
        set.read(index, false, image, Map.of("t0", targets[0], "t1", targets[1]));
        float[] all = Arrays.copyOf(image.array(), ToyFunctions.INPUTS + 2 * ToyFunctions.OUTPUTS);
        for (int i = 0; i < 2; i++) {
            targets[i].asFloatBuffer().get(all, ToyFunctions.INPUTS + i * ToyFunctions.OUTPUTS, ToyFunctions.OUTPUTS);
        }
        return all;
    }

    @Test
    void inputsHaveLengthOneAndNoMean() {
        ToyFunctions set = new ToyFunctions(1, 1, 400, SCALES);
        double sum = 0;
        for (int index = 0; index < set.size(); index++) {
            float[] sample = sample(set, index);
            double squares = 0;
            for (int k = 0; k < ToyFunctions.INPUTS; k++) {
                squares += sample[k] * sample[k];
                sum += sample[k];
            }
            // Each of 250 values is rounded to float32.
            assertEquals(1, squares, 1e-5);
        }
        // 100,000 values of deviation 1 / sqrt(250): five deviations of their mean.
        assertEquals(0, sum / (400 * ToyFunctions.INPUTS), 5 / Math.sqrt(250) / Math.sqrt(100_000));
    }

    /** tanh is undone: what it was of is normal, of the variance 13.5, of which 10 are shared. */
    @Test
    void functionsShareWhatThePaperSaysAndDifferInScale() {
        ToyFunctions set = new ToyFunctions(3, 1, 300, SCALES);
        double[] squares = new double[2];
        double product = 0;
        int count = 0;
        for (int index = 0; index < set.size(); index++) {
            float[] sample = sample(set, index);
            for (int row = 0; row < ToyFunctions.OUTPUTS; row++) {
                double first = sample[ToyFunctions.INPUTS + row];
                double second = sample[ToyFunctions.INPUTS + ToyFunctions.OUTPUTS + row] / 100.0;
                assertTrue(Math.abs(first) <= 1 && Math.abs(second) <= 1.000001);
                if (Math.abs(first) < 0.9999 && Math.abs(second) < 0.9999) {
                    double a = 0.5 * Math.log((1 + first) / (1 - first));
                    double b = 0.5 * Math.log((1 + second) / (1 - second));
                    squares[0] += a * a;
                    squares[1] += b * b;
                    product += a * b;
                    count++;
                }
            }
        }
        // Where neither is saturated: of 4 million such pairs, cut where tanh is 0.9999, the variance is 5.869 and the
        // correlation 0.530; matrices of 25,000 values each leave some percent to chance.
        assertEquals(5.869, squares[0] / count, 0.3);
        assertEquals(5.869, squares[1] / count, 0.3);
        assertEquals(0.530, product / Math.sqrt(squares[0] * squares[1]), 0.05);
    }

    @Test
    void aSampleIsAFunctionOfSeedSequenceAndNumber() {
        float[] sample = sample(new ToyFunctions(1, 1, 10, SCALES), 7);
        assertArrayEquals(sample, sample(new ToyFunctions(1, 1, 20, SCALES), 7));
        assertFalse(Arrays.equals(sample, sample(new ToyFunctions(1, 1, 10, SCALES), 6)));
        assertFalse(Arrays.equals(sample, sample(new ToyFunctions(1, 2, 10, SCALES), 7)));
        assertFalse(Arrays.equals(sample, sample(new ToyFunctions(2, 1, 10, SCALES), 7)));
        assertEquals(new ToyFunctions(1, 1, 10, SCALES).identity(), new ToyFunctions(1, 1, 10, SCALES).identity());
        assertNotEquals(new ToyFunctions(1, 1, 10, SCALES).identity(), new ToyFunctions(1, 2, 10, SCALES).identity());
    }

    /** Another sequence of inputs, held out, is of the same functions: rows that it tells together say the same. */
    @Test
    void heldOutInputsAreOfTheSameFunctions() {
        ToyFunctions learned = new ToyFunctions(5, 1, 1, List.of(1.0));
        ToyFunctions twice = new ToyFunctions(5, 1, 1, List.of(1.0, 2.0));
        FloatBuffer image = FloatBuffer.allocate(ToyFunctions.INPUTS);
        ByteBuffer one = ByteBuffer.allocate(4 * ToyFunctions.OUTPUTS).order(ByteOrder.nativeOrder());
        ByteBuffer other = ByteBuffer.allocate(4 * ToyFunctions.OUTPUTS).order(ByteOrder.nativeOrder());
        learned.read(0, false, image, Map.of("t0", one));
        twice.read(0, false, image, Map.of("t0", other));
        assertArrayEquals(one.array(), other.array());
    }

    @Test
    void moreThanAGibibyteIsRefused() {
        String said = assertThrows(UserException.class, () -> new ToyFunctions(1, 1, 1_000_000, SCALES)).getMessage();
        assertTrue(said.contains("at most 1073741824"), said);
    }
}
