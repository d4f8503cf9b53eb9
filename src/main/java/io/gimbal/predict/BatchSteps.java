package io.gimbal.predict;

import io.gimbal.device.Device;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.LoadedModel;
import io.gimbal.engine.NetworkGraph;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A model on a device, once, and a captured step over it for each of a few batch sizes: they run in one stream, over
 * one arena of activations. For one thread, as an {@link InferenceStep} is; any may close it while no call is under
 * way.
 */
final class BatchSteps implements AutoCloseable {
    private final LoadedModel loaded;
    private final NavigableMap<Integer, InferenceStep> steps = new TreeMap<>();

    /** @param sizes ascending */
    BatchSteps(Device device, Model model, List<Integer> sizes) {
        NetworkGraph largest = model.graph(sizes.getLast());
        InferenceStep.requireRoom(largest);
        loaded = new LoadedModel(device, largest, model.precision(), model.values());
        try {
            InferenceStep first = new InferenceStep(device, loaded.memory(), largest);
            steps.put(sizes.getLast(), first);
            for (int size : sizes.subList(0, sizes.size() - 1).reversed()) {
                steps.put(size, new InferenceStep(device, loaded.memory(), model.graph(size), first));
            }
        } catch (RuntimeException | Error e) {
            loaded.close();
            throw e;
        }
    }

    /** The smallest step that holds so many images. */
    private InferenceStep holding(int images) {
        return steps.ceilingEntry(images).getValue();
    }

    /** The size of the step in which so many images run. */
    int size(int images) {
        return steps.ceilingKey(images);
    }

    /** Predicts images, of at most the largest size. */
    void run(List<float[]> images) {
        InferenceStep step = holding(images.size());
        FloatBuffer input = step.input();
        images.forEach(input::put);
        step.run();
    }

    /** What the last run left, of so many images, for a task of one of them. */
    float[] output(int images, int image, int task) {
        FloatBuffer all = holding(images).prediction(task);
        float[] output = new float[all.remaining() / size(images)];
        all.get(image * output.length, output);
        return output;
    }

    /** Gives the device's memory back. Closing again does nothing. */
    @Override
    public void close() {
        loaded.close();
    }
}
