package io.gimbal.engine;

import io.gimbal.device.Alignment;
import io.gimbal.device.Precision;
import io.gimbal.graph.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How a batch lies in memory, host and device alike: the images (batch, height, width, channels; float32), then each
 * task's target (places by channels; float32, or int32 class numbers), each part at a multiple of 256 bytes.
 */
public final class BatchLayout {
    /** 64-bit words that describe a part to {@code inspect_batch} in {@code kernels/batch.cu}. */
    static final int PART_WORDS = 7;

    private final Shape input;
    private final List<Criterion.TargetLayout> targets;
    private final List<Long> places;
    private final List<Long> offsets = new ArrayList<>();
    private final long bytes;

    /** @throws io.gimbal.config.UserException if the batch has more bytes than a buffer on the host holds */
    BatchLayout(NetworkGraph graph, List<Criterion> criteria) {
        input = graph.input();
        targets = new ArrayList<>();
        places = new ArrayList<>();
        long end = Alignment.roundUp(input.elements() * Float.BYTES);
        for (int task = 0; task < criteria.size(); task++) {
            Shape prediction = graph.prediction(task);
            Criterion.TargetLayout target = criteria.get(task).target(prediction);
            targets.add(target);
            places.add(prediction.places());
            offsets.add(end);
            end += Alignment.roundUp(target.words(prediction.places()) * Float.BYTES);
        }
        bytes = end;
        HostBuffer.requireRoom("images and labels", input.batch(), this::bytesOf);
    }

    private long bytesOf(long examples) {
        long sum = Alignment.roundUp(inputBytes() / input.batch() * examples);
        for (int task = 0; task < targets.size(); task++) {
            sum += Alignment.roundUp(targetBytes(task) / input.batch() * examples);
        }
        return sum;
    }

    /** {@return the whole batch's size in bytes} */
    public long bytes() {
        return bytes;
    }

    /** {@return the shape of the images, which lie at the start} */
    public Shape input() {
        return input;
    }

    /** {@return the images' size in bytes} */
    public long inputBytes() {
        return input.elements() * Float.BYTES;
    }

    /**
     * {@return where a task's target starts}
     *
     * @param task its number
     */
    public long targetOffset(int task) {
        return offsets.get(task);
    }

    /**
     * {@return the size of a task's target in bytes}
     *
     * @param task its number
     */
    public long targetBytes(int task) {
        return targets.get(task).words(places.get(task)) * Float.BYTES;
    }

    /**
     * {@return what a task's target looks like, as its loss says}
     *
     * @param task its number
     */
    public Criterion.TargetLayout target(int task) {
        return targets.get(task);
    }

    /**
     * The inputs, then each task's target: what {@code inspect_batch} must know of them.
     *
     * @param precision what the network takes the inputs in; targets are read as they are
     */
    long[] parts(Precision precision) {
        long[] parts = new long[(targets.size() + 1) * PART_WORDS];
        put(parts, 0, 0, input.places(), new Criterion.TargetLayout(0, input.channels(), OptionalDouble.empty()),
                precision);
        for (int task = 0; task < targets.size(); task++) {
            put(parts, task + 1, offsets.get(task), places.get(task), targets.get(task), Precision.FLOAT32);
        }
        return parts;
    }

    private static void put(long[] parts, int part, long offset, long places, Criterion.TargetLayout holds,
            Precision readAs) {
        long[] words = {offset / Float.BYTES, places, holds.channels(), holds.classes(),
            holds.ignore().isPresent() ? 1 : 0, holds.ignoreBits(), readAs.infiniteBits()};
        System.arraycopy(words, 0, parts, part * PART_WORDS, PART_WORDS);
    }

    /** Places of one example: of the inputs (part 0), or of a task's target (part task + 1). */
    long placesOfAnExample(int part) {
        return (part == 0 ? input.places() : places.get(part - 1)) / input.batch();
    }
}
