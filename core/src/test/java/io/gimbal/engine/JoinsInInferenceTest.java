package io.gimbal.engine;

import static io.gimbal.nn.Layers.add;
import static io.gimbal.nn.Layers.attention;
import static io.gimbal.nn.Layers.averagePool;
import static io.gimbal.nn.Layers.concat;
import static io.gimbal.nn.Layers.conv2d;
import static io.gimbal.nn.Layers.dropout;
import static io.gimbal.nn.Layers.elu;
import static io.gimbal.nn.Layers.gelu;
import static io.gimbal.nn.Layers.globalAveragePool;
import static io.gimbal.nn.Layers.leakyRelu;
import static io.gimbal.nn.Layers.linear;
import static io.gimbal.nn.Layers.mix;
import static io.gimbal.nn.Layers.multiply;
import static io.gimbal.nn.Layers.pixelShuffle;
import static io.gimbal.nn.Layers.relu;
import static io.gimbal.nn.Layers.resizeBilinear;
import static io.gimbal.nn.Layers.resizeNearest;
import static io.gimbal.nn.Layers.sigmoid;
import static io.gimbal.nn.Layers.silu;
import static io.gimbal.nn.Layers.slice;
import static io.gimbal.nn.Layers.softmax;
import static io.gimbal.nn.Layers.softmaxOfAdjacent;
import static io.gimbal.nn.Layers.softmaxOverGroups;
import static io.gimbal.nn.Layers.softplus;
import static io.gimbal.nn.Layers.tanh;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.balance.FixedWeights;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.Event;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Precision;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.Sgd;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Joined, sliced, shuffled, pooled, resized and activated values in inference: what is predicted has the losses that
 * training, a replay of the reference, has.
 */
@Tag("device")
class JoinsInInferenceTest {
    private static final Network IMAGES = Network.ofImages(3, 4, 6)
            .block("trunk", Network.INPUT, conv2d(13, 3).padding(1), tanh())
            .block("odd", "trunk", slice(3, 9), conv2d(13, 1), sigmoid())
            .block("gated", multiply("trunk", "odd"))
            .block("squeezed", "gated", globalAveragePool().asImages(), conv2d(13, 1), sigmoid())
            .block("spot", "trunk", slice(5, 1))
            .block("weighed", multiply("squeezed", "gated", "spot"))
            .block("sum", add("weighed", "trunk", "gated").coefficients(2, -0.5, 1))
            .block("mixed", mix("sum", "trunk").perTensor().softmaxed(), conv2d(12, 1))
            .block("fine", "mixed", pixelShuffle(2))
            .block("part", "mixed", slice(7, 3))
            .output("fine", "fine").output("part", "part");
    private static final Network ATTENDING = Network.ofImages(3, 9, 8)
            .block("trunk", Network.INPUT, conv2d(10, 3).padding(1), tanh())
            .block("key", "trunk", conv2d(10, 1))
            .block("all", attention("trunk", "key", "trunk").heads(2))
            .block("near", attention("key", "key", "all").window(3).scale(0.75))
            .output("all", "all").output("near", "near");
    private static final Network FEATURES = Network.ofFeatures(5)
            .block("one", Network.INPUT, linear(7), tanh())
            .block("two", Network.INPUT, linear(7), relu())
            .block("product", multiply("one", "two", "one"))
            .block("mixed", mix("one", "two", "product", "one", "two").start(0.5, 0.25, 1, -1, 0.125))
            .block("part", "mixed", slice(2, 4))
            .output("whole", "mixed").output("part", "part");
    private static final Network SIZES = Network.ofImages(4, 9, 7)
            .block("trunk", Network.INPUT, conv2d(10, 3).padding(1).groups(2), tanh(), conv2d(10, 3).groups(10))
            .block("pooled", "trunk", averagePool(2), resizeBilinear(7, 5))
            .block("mean", "trunk", globalAveragePool().asImages(), conv2d(5, 1).groups(5), resizeNearest(7, 5))
            .block("all", concat("trunk", "pooled", "mean"))
            .block("large", "all", conv2d(3, 1), resizeBilinear(20, 21))
            .block("small", "all", resizeNearest(3, 4), conv2d(10, 3).padding(1).groups(5))
            .output("large", "large").output("small", "small");
    /** What is kept for the backward in training is written over here. */
    private static final Network UNITS = Network.ofImages(3, 4, 5)
            .block("trunk", Network.INPUT, gelu(), conv2d(9, 3).padding(1), gelu(), conv2d(12, 1), leakyRelu(-0.2),
                    conv2d(12, 1), softmaxOverGroups(3), elu(-0.5), dropout(0))
            .block("shares", "trunk", softmaxOfAdjacent(4), conv2d(6, 1), silu(), softmax())
            .block("features", "trunk", softplus(), globalAveragePool(), softmaxOverGroups(4), linear(7),
                    leakyRelu(0.1), elu(2), softmax())
            .output("shares", "shares").output("features", "features");

    @ParameterizedTest
    @EnumSource(value = Precision.class, names = {"FLOAT32", "BF16"})
    void predictionsHaveTheLossesOfTraining(Precision precision) {
        for (Network network : new Network[] {IMAGES, ATTENDING, FEATURES, SIZES, UNITS}) {
            try (Device device = DeviceUnderTest.open()) {
                assertLosses(device, network, precision);
            }
        }
    }

    private static void assertLosses(Device device, Network network, Precision precision) {
        NetworkGraph graph = network.graph(3);
        StepPlan plan = new StepPlan(graph, Collections.nCopies(2, Loss.l2()), FixedWeights.equal(), new Sgd(1, 0, 0),
                Schedule.constant(1), precision, false);
        try (TrainingStep step = new TrainingStep(device, plan)) {
            step.model().initialize(5);
            PinnedMemory batch = step.keep(device.allocatePinned(step.layout().bytes()));
            Event uploaded = step.keep(device.newEvent());
            FloatBuffer values = batch.buffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
            float[] input = new float[(int) graph.input().elements()];
            Random random = new Random(8);
            for (int i = 0; i < input.length; i++) {
                input[i] = (float) random.nextGaussian();
            }
            values.put(input);
            while (values.hasRemaining()) {
                values.put(0);
            }
            double[] whole = losses(device, step.model(), graph, input);
            double[] single = losses(device, step.model(), network.graph(1), input);
            step.submit(batch, 0, uploaded);
            double[] trained = step.drainRecords().getFirst().loss();
            // float32 sums of squares in other orders
            for (int task = 0; task < trained.length; task++) {
                assertEquals(trained[task], whole[task], 1e-5 * trained[task], "task " + task);
                assertEquals(trained[task], single[task], 1e-5 * trained[task], "task " + task + ", image by image");
            }
        }
    }

    /** Of the predictions against zeros, of as many images at once as the graph takes. */
    private static double[] losses(Device device, ModelMemory model, NetworkGraph graph, float[] input) {
        double[] losses = new double[graph.tasks().size()];
        int each = (int) graph.input().elements();
        try (InferenceStep inference = new InferenceStep(device, model, graph)) {
            for (int from = 0; from < input.length; from += each) {
                inference.input().put(input, from, each);
                inference.run();
                for (int task = 0; task < losses.length; task++) {
                    FloatBuffer predictions = inference.prediction(task);
                    double parts = (double) input.length / each * predictions.remaining();
                    while (predictions.hasRemaining()) {
                        double value = predictions.get();
                        losses[task] += value * value / parts;
                    }
                }
            }
        }
        return losses;
    }
}
