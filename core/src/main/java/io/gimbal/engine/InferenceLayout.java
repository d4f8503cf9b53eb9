package io.gimbal.engine;

import io.gimbal.device.Alignment;
import io.gimbal.graph.Shape;

/**
 * Where the images and predictions of an inference step lie, on the device and alike on the host: one behind the other,
 * in float32. Immutable.
 */
final class InferenceLayout {
    private final long counterOffset;
    private final long[] predictionOffsets;
    private final long bytes;

    InferenceLayout(NetworkGraph graph) {
        this(graph, graph.input().batch());
    }

    /** That of a batch of so many images. */
    InferenceLayout(NetworkGraph graph, long batch) {
        counterOffset = floats(graph.input(), batch);
        predictionOffsets = new long[graph.tasks().size()];
        long end = counterOffset + Alignment.roundUp(Long.BYTES);
        for (int task = 0; task < predictionOffsets.length; task++) {
            predictionOffsets[task] = end;
            end += floats(graph.prediction(task), batch);
        }
        bytes = end;
    }

    private static long floats(Shape shape, long batch) {
        return Alignment.roundUp(shape.elements() / shape.batch() * batch * Float.BYTES);
    }

    /** Of the number 0, behind the images: they are taken as the first and only slot of a ring of batches. */
    long counterOffset() {
        return counterOffset;
    }

    long predictionOffset(int task) {
        return predictionOffsets[task];
    }

    long bytes() {
        return bytes;
    }
}
