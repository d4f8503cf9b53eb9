package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Precision;
import io.gimbal.model.Network;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The network of {@link Rig} in inference against a plain float64 forward pass over [channels][height][width]. */
@Tag("device")
class InferenceStepTest {
    /**
     * Sums of at most 54 products in float32 against float64: some 1e-6 of values of order 1, doubled by each of three
     * layers.
     */
    private static final double TOLERANCE = 2e-5;

    private Device device;
    private Rig rig;

    @BeforeEach
    void open() {
        device = DeviceUnderTest.open();
        rig = new Rig(device);
        rig.submitInTurn(20);
        rig.step.drainRecords();
    }

    @AfterEach
    void close() {
        rig.close();
        device.close();
    }

    private static float[] images(int batch) {
        SplittableRandom random = new SplittableRandom(99);
        float[] images = new float[batch * 9 * 7 * 2];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.nextGaussian();
        }
        return images;
    }

    private static float[] take(FloatBuffer buffer) {
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    private float[][] infer(NetworkGraph graph, float[] images) {
        return infer(rig.step.model(), graph, images);
    }

    private float[][] infer(ModelMemory model, NetworkGraph graph, float[] images) {
        try (InferenceStep inference = new InferenceStep(device, model, graph)) {
            inference.input().put(images);
            inference.run();
            return new float[][] {take(inference.prediction(0)), take(inference.prediction(1))};
        }
    }

    @Test
    void predictionsAreThoseOfAPlainForwardPassWithRunningStatistics() {
        float[] images = images(2);
        float[][] predictions = infer(rig.step.graph(), images);
        assertTwin(images, 2, predictions);
    }

    @Test
    void aGraphOfAnotherBatchSizeReadsTheSameParameters() {
        for (int batch : new int[] {1, 5}) {
            float[] images = images(batch);
            assertTwin(images, batch, infer(Rig.graph(batch), images));
        }
    }

    /** bf16 keeps 8 bits, and a value passes through a handful of products here. */
    @Test
    void predictionsInBf16AreNearThoseInFloat32() {
        float[] images = images(2);
        float[][] exact = infer(rig.step.graph(), images);
        try (TrainingStep low = new TrainingStep(device, Rig.plan(Rig.graph(), Precision.BF16))) {
            low.set(rig.step.state());
            float[][] rounded = infer(low.model(), low.graph(), images);
            for (int task = 0; task < exact.length; task++) {
                for (int i = 0; i < exact[task].length; i++) {
                    assertEquals(exact[task][i], rounded[task][i], 0.03, "prediction " + i + " of task " + task);
                }
            }
            assertTrue(!java.util.Arrays.equals(exact[0], rounded[0]), "nothing was rounded");
        }
    }

    /** What dropout hands on is read by both heads, of which each writes over what it alone reads. */
    @Test
    void dropoutIsTheIdentityWhoeverElseReadsWhatItHandsOn() {
        float[] images = images(2);
        try (TrainingStep step = new TrainingStep(device, Rig.plan(twice(Layers.dropout(0.5))))) {
            step.model().initialize(3);
            float[][] predictions = infer(step.model(), step.graph(), images);
            float[][] expected = infer(step.model(), twice(Layers.upsampleNearest(1)), images);
            assertArrayEquals(expected[0], predictions[0]);
            assertArrayEquals(expected[1], predictions[1]);
        }
    }

    private static NetworkGraph twice(Layer layer) {
        return Network.ofImages(2, 9, 7).trunk(Layers.conv2d(6, 3).padding(1), layer)
                .head("classes", layer, Layers.relu(), Layers.conv2d(3, 1), layer)
                .head("values", layer, layer, Layers.sigmoid(), Layers.conv2d(2, 3)).graph(2);
    }

    @Test
    void inferenceChangesNothingThatTrainingDependsOn() {
        StepState before = rig.step.state();
        infer(rig.step.graph(), images(2));
        States.assertSame(before, rig.step.state());
        rig.submitInTurn(1);
        assertEquals(1, rig.step.drainRecords().size());
    }

    @Test
    void runsFollowTheParametersAsTheyTrain() {
        try (InferenceStep inference = new InferenceStep(device, rig.step.model(), rig.step.graph())) {
            inference.input().put(images(2));
            inference.run();
            float[] first = take(inference.prediction(1));
            inference.run();
            assertArrayEquals(first, take(inference.prediction(1)));
            rig.submitInTurn(1);
            rig.step.drainRecords();
            inference.run();
            assertTrue(!java.util.Arrays.equals(first, take(inference.prediction(1))));
        }
    }

    @Test
    void aGraphOfAnotherNetworkIsRefusedByItsParametersName() {
        NetworkGraph other = Network.ofImages(2, 9, 7).trunk(Layers.conv2d(4, 3)).head("classes").graph(2);
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> infer(other, images(2)));
        assertTrue(refused.getMessage().contains("trunk.0.weight[4, 2, 3, 3]"), refused.getMessage());
    }

    private void assertTwin(float[] images, int batch, float[][] predictions) {
        Map<String, float[]> model = rig.step.model().read();
        for (int image = 0; image < batch; image++) {
            double[][][] x = new double[2][9][7];
            for (int i = 0; i < 9 * 7 * 2; i++) {
                x[i % 2][i / 2 / 7][i / 2 % 7] = images[image * 9 * 7 * 2 + i];
            }
            double[][][] z = convolve(x, model.get("trunk.0.weight"), null, 6, 3, 1);
            normaliseAndRectify(z, model, "trunk.1");
            z = convolve(pool(z), model.get("trunk.4.weight"), model.get("trunk.4.bias"), 5, 3, 1);
            rectify(z);
            assertClose(convolve(twice(z), model.get("heads.classes.1.weight"), model.get("heads.classes.1.bias"), 3, 1,
                    0), predictions[0], image);
            assertClose(convolve(z, model.get("heads.values.0.weight"), model.get("heads.values.0.bias"), 2, 3, 0),
                    predictions[1], image);
        }
    }

    private static void assertClose(double[][][] expected, float[] predictions, int image) {
        int channels = expected.length;
        int height = expected[0].length;
        int width = expected[0][0].length;
        for (int i = 0; i < channels * height * width; i++) {
            double want = expected[i % channels][i / channels / width][i / channels % width];
            assertEquals(want, predictions[image * channels * height * width + i], TOLERANCE);
        }
    }

    private static double[][][] convolve(double[][][] x, float[] weight, float[] bias, int out, int kernel,
            int padding) {
        int height = x[0].length + 2 * padding - kernel + 1;
        int width = x[0][0].length + 2 * padding - kernel + 1;
        double[][][] y = new double[out][height][width];
        for (int k = 0; k < out; k++) {
            for (int p = 0; p < height * width; p++) {
                double sum = bias == null ? 0 : bias[k];
                for (int i = 0; i < x.length * kernel * kernel; i++) {
                    int row = p / width + i / kernel % kernel - padding;
                    int column = p % width + i % kernel - padding;
                    if (row >= 0 && row < x[0].length && column >= 0 && column < x[0][0].length) {
                        sum += weight[k * x.length * kernel * kernel + i] * x[i / kernel / kernel][row][column];
                    }
                }
                y[k][p / width][p % width] = sum;
            }
        }
        return y;
    }

    private static void normaliseAndRectify(double[][][] x, Map<String, float[]> model, String name) {
        for (int c = 0; c < x.length; c++) {
            double scale = model.get(name + ".weight")[c] / Math.sqrt(model.get(name + ".running_var")[c] + 1e-5);
            for (double[] row : x[c]) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = (row[i] - model.get(name + ".running_mean")[c]) * scale + model.get(name + ".bias")[c];
                }
            }
        }
        rectify(x);
    }

    private static void rectify(double[][][] x) {
        for (double[][] channel : x) {
            for (double[] row : channel) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = Math.max(row[i], 0);
                }
            }
        }
    }

    private static double[][][] pool(double[][][] x) {
        double[][][] y = new double[x.length][x[0].length / 2][x[0][0].length / 2];
        for (int c = 0; c < y.length; c++) {
            for (int p = 0; p < y[c].length; p++) {
                for (int q = 0; q < y[c][p].length; q++) {
                    y[c][p][q] = Math.max(Math.max(x[c][2 * p][2 * q], x[c][2 * p][2 * q + 1]),
                            Math.max(x[c][2 * p + 1][2 * q], x[c][2 * p + 1][2 * q + 1]));
                }
            }
        }
        return y;
    }

    private static double[][][] twice(double[][][] x) {
        double[][][] y = new double[x.length][2 * x[0].length][2 * x[0][0].length];
        for (int c = 0; c < y.length; c++) {
            for (int p = 0; p < y[c].length; p++) {
                for (int q = 0; q < y[c][p].length; q++) {
                    y[c][p][q] = x[c][p / 2][q / 2];
                }
            }
        }
        return y;
    }
}
