package io.gimbal.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import io.gimbal.balance.FixedWeights;
import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.StepPlan;
import io.gimbal.engine.TrainingStep;
import io.gimbal.graph.Shape;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.Sgd;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What Gimbal predicts, beside what others do of the same network. Arrays are in files' order: N, C, H, W. */
public final class Predictions {
    /** Of the largest value; float32 sums of some thousand terms, in another order, differ by less than a tenth. */
    public static final double TOLERANCE = 1e-4;

    private Predictions() {}

    /** Values for every parameter and statistic, which let numbers grow and shrink little from layer to layer. */
    public static Map<String, float[]> values(NetworkGraph graph, long seed) {
        Random random = new Random(seed);
        Map<String, float[]> values = new LinkedHashMap<>();
        graph.shapes().forEach((name, shape) -> {
            int count = 1;
            for (long size : shape) {
                count *= (int) size;
            }
            double fanIn = shape.length > 1 ? (double) count / shape[0] : 1;
            float[] all = new float[count];
            for (int i = 0; i < count; i++) {
                all[i] = (float) (shape.length > 1 ? random.nextGaussian() * Math.sqrt(1.5 / fanIn)
                        : name.endsWith(".running_mean") || name.endsWith(".bias") ? random.nextGaussian() * 0.3
                        : 0.5 + random.nextDouble());
            }
            values.put(name, all);
        });
        return values;
    }

    /** What the device predicts for each of several batches, by task. */
    public static List<Map<String, float[]>> ofGimbal(Device device, Network network, Map<String, float[]> values,
            List<float[]> inputs) {
        NetworkGraph graph = network.graph(2);
        StepPlan plan = new StepPlan(graph, Collections.nCopies(graph.tasks().size(), Loss.l2()), FixedWeights.equal(),
                new Sgd(1, 0, 0), Schedule.constant(1), Precision.FLOAT32, false);
        List<Map<String, float[]>> all = new ArrayList<>();
        try (TrainingStep step = new TrainingStep(device, plan)) {
            step.model().write(values);
            for (float[] input : inputs) {
                int batch = input.length / (int) network.input().elements();
                try (InferenceStep inference = new InferenceStep(device, step.model(), network.graph(batch))) {
                    inference.input().put(reordered(FloatBuffer.wrap(input), inference.graph().input(), false));
                    inference.run();
                    Map<String, float[]> predictions = new HashMap<>();
                    for (int task = 0; task < graph.tasks().size(); task++) {
                        predictions.put(graph.tasks().get(task), reordered(inference.prediction(task),
                                inference.graph().prediction(task), true));
                    }
                    all.add(predictions);
                }
            }
        }
        return all;
    }

    /** From N, H, W, C to N, C, H, W, or back. */
    private static float[] reordered(FloatBuffer from, Shape shape, boolean toPlanes) {
        int places = shape.height() * shape.width();
        float[] to = new float[(int) shape.elements()];
        for (int image = 0; image < shape.batch(); image++) {
            for (int place = 0; place < places; place++) {
                for (int channel = 0; channel < shape.channels(); channel++) {
                    int pixels = (image * places + place) * shape.channels() + channel;
                    int planes = (image * shape.channels() + channel) * places + place;
                    to[toPlanes ? planes : pixels] = from.get(toPlanes ? pixels : planes);
                }
            }
        }
        return to;
    }

    static float[] input(Network network, int batch) {
        Random random = new Random(batch);
        float[] input = new float[(int) network.input().elements() * batch];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        return input;
    }

    /** The shape of a batch in files' order. */
    static long[] shape(Shape input, int batch) {
        return input.flat() ? new long[] {batch, input.channels()}
                : new long[] {batch, input.channels(), input.height(), input.width()};
    }

    static void assertAlike(String what, Map<String, float[]> expected, Map<String, float[]> actual) {
        assertAlike(what, expected, actual, TOLERANCE);
    }

    private static void assertAlike(String what, Map<String, float[]> expected, Map<String, float[]> actual,
            double tolerance) {
        assertEquals(expected.keySet(), actual.keySet(), what);
        expected.forEach((task, due) -> {
            float[] given = actual.get(task);
            assertEquals(due.length, given.length, what + ", " + task);
            double largest = 0;
            double apart = 0;
            for (int i = 0; i < due.length; i++) {
                largest = Math.max(largest, Math.abs(due[i]));
                apart = Math.max(apart, Math.abs(due[i] - given[i]));
            }
            assertTrue(largest > 1e-3, what + ", " + task + ": the network predicts nothing, " + largest);
            assertTrue(apart <= tolerance * largest, what + ", " + task + ": " + apart + " of " + largest + " apart");
        });
    }

    /** Holds a network's file against the network, in batches of 1 and 3. */
    static void assertSame(Device device, String what, Network network, Path file) throws OrtException {
        assertSame(device, what, network, file, TOLERANCE);
    }

    static void assertSame(Device device, String what, Network network, Path file, double tolerance)
            throws OrtException {
        NetworkGraph graph = network.graph(2);
        Map<String, float[]> values = values(graph, 11);
        Onnx.of(graph, values).write(file);
        List<float[]> inputs = List.of(input(network, 1), input(network, 3));
        List<Map<String, float[]>> expected = ofGimbal(device, network, values, inputs);
        try (OnnxRuntime runtime = new OnnxRuntime(file)) {
            for (int k = 0; k < inputs.size(); k++) {
                int batch = inputs.get(k).length / (int) network.input().elements();
                assertAlike(what + " in a batch of " + batch, expected.get(k), runtime.run(inputs.get(k),
                        shape(network.input(), batch)), tolerance);
            }
        }
    }
}
