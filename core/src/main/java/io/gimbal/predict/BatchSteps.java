package io.gimbal.predict;

import io.gimbal.device.Device;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.LoadedModel;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.storage.Uninterrupted;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/**
 * A model on a device, once, and a captured step over it for each of a few batch sizes: they run in one stream, over
 * one arena of activations. For one thread, as an {@link InferenceStep} is; any may close it while no call is under
 * way. What is predicted any thread may take, while the next batch runs.
 */
final class BatchSteps implements AutoCloseable {
    private final LoadedModel loaded;
    private final NavigableMap<Integer, Size> sizes = new TreeMap<>();

    /** @param batches ascending */
    BatchSteps(Device device, Model model, List<Integer> batches) {
        NetworkGraph largest = model.graph(batches.getLast());
        InferenceStep.requireRoom(largest);
        loaded = new LoadedModel(device, largest, model.precision(), model.values());
        try {
            InferenceStep first = new InferenceStep(device, loaded.memory(), largest);
            sizes.put(batches.getLast(), new Size(first));
            for (int batch : batches.subList(0, batches.size() - 1).reversed()) {
                sizes.put(batch, new Size(new InferenceStep(device, loaded.memory(), model.graph(batch), first)));
            }
        } catch (RuntimeException | Error e) {
            loaded.close();
            throw e;
        }
    }

    /**
     * Predicts what the network takes of each request, of at most the largest size. Waits until what the batch before
     * the last of the same size left was taken.
     */
    Predicted run(List<float[]> values) {
        return sizes.ceilingEntry(values.size()).getValue().run(values);
    }

    /** Waits until all that was predicted was taken, and gives the device's memory back. */
    @Override
    public void close() {
        sizes.values().forEach(Size::awaitTaken);
        loaded.close();
    }

    /** A step, and what was predicted in its two sides of memory on the host. */
    private static final class Size {
        private final InferenceStep step;
        private CountDownLatch last = new CountDownLatch(0);
        private CountDownLatch beforeLast = new CountDownLatch(0);

        Size(InferenceStep step) {
            this.step = step;
            step.turn();
            step.handOver();
        }

        Predicted run(List<float[]> values) {
            await(beforeLast);
            step.turn();
            FloatBuffer input = step.input();
            values.forEach(input::put);
            step.run();
            beforeLast = last;
            last = new CountDownLatch(values.size());
            List<FloatBuffer> tasks = new ArrayList<>();
            for (int task = 0; task < step.graph().tasks().size(); task++) {
                tasks.add(step.prediction(task));
            }
            return new Predicted(step.graph().input().batch(), tasks, last);
        }

        void awaitTaken() {
            await(beforeLast);
            await(last);
        }

        /** Taking copies and no more: it is soon over, and is not what an interrupt can mean. */
        private static void await(CountDownLatch taken) {
            Uninterrupted.await(taken::await);
        }
    }

    /**
     * What was predicted of a batch. For any number of threads.
     *
     * @param size  of the step
     * @param tasks what it left for each
     * @param taken of how many requests it is still to be taken
     */
    record Predicted(int size, List<FloatBuffer> tasks, CountDownLatch taken) {
        /** Copies what is predicted of a request, task by task; once for each. */
        List<float[]> take(int request) {
            try {
                List<float[]> outputs = new ArrayList<>();
                for (FloatBuffer all : tasks) {
                    float[] output = new float[all.capacity() / size];
                    all.get(request * output.length, output);
                    outputs.add(output);
                }
                return outputs;
            } finally {
                taken.countDown();
            }
        }
    }
}
