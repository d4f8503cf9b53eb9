package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.kernels.KernelRun.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Launches of a loss's kernel, over the ways that its logits and their gradient may lie in memory.
 *
 * @param file   of the kernel
 * @param kernel its name, of the pair
 * @param places what its parameters say of the places, in front of the channels
 * @param behind what stands between the channels and the pitch
 */
record LossCheck(String file, String kernel, List<Object> places, List<Object> behind) {
    static final float WEIGHT = 1.7f;

    /** A kernel that finds its logits at full resolution. */
    static LossCheck of(String kernel, long places) {
        return new LossCheck("loss", kernel, List.of(places), List.of());
    }

    /** A kernel that upsamples its logits by itself. */
    static LossCheck upsampled(String kernel, UpsampleTwin size) {
        return new LossCheck("upsampled_loss", kernel + "_upsampled", List.of(size.images(), size.height(),
                size.width()), List.of(size.scale()));
    }

    /**
     * How a task's channels lie in a tensor.
     *
     * @param first the task's first channel
     * @param zeros channels behind the task's own that are made 0 in the gradient
     * @param other channels behind these
     */
    private record Layout(int first, int zeros, int other) {
        static final List<Layout> ALL = List.of(new Layout(0, 0, 0), new Layout(3, 0, 2), new Layout(8, 5, 0),
                new Layout(0, 1, 15));

        int pitch(int channels) {
            return first + channels + zeros + other;
        }
    }

    /** Every way with every kind of elements: arguments of a test. */
    static Stream<Arguments> waysAndElements() {
        return Way.underTest().stream().flatMap(way -> Stream.of(Element.values()).map(element ->
                Arguments.of(way, element)));
    }

    /** What a launch has left behind. */
    record Outcome(float loss, float[] gradient) {}

    /**
     * Each layout's launch against the twin.
     *
     * @param logits of [places][channels], such as the elements can hold
     * @param units  rounding units allowed, of the larger of 1 and each value; the slopes' before their common scale
     */
    void against(String what, Way way, Element element, int blocks, float[] logits, int channels, LossTwin twin,
            double units, Function<KernelRun, Array> target, Object... own) {
        int places = Math.max(twin.count, 1);
        double scale = WEIGHT / (double) places;
        double[] slopes = expected(logits.length, i -> scale * twin.slopes[i]);
        double[] scaled = expected(logits.length, i -> scale * Math.max(1, twin.sizes[i]));
        for (Layout layout : Layout.ALL) {
            String where = what + " " + kernel + " " + element + " " + layout;
            Outcome outcome = launch(where, way, element, layout, blocks, logits, channels, twin.count, target, own);
            // a GPU's thread adds its own few terms in float, then all threads' are added
            assertClose(where + " loss", new double[] {twin.sum / places}, new float[] {outcome.loss}, units + 40);
            assertClose(where + " gradient", slopes, scaled, outcome.gradient, units + element.units());
        }
    }

    /** One launch, over logits that have their tensor to themselves. */
    Outcome launch(Way way, Element element, int blocks, float[] logits, int channels, int count,
            Function<KernelRun, Array> target, Object... own) {
        return launch(kernel, way, element, Layout.ALL.getFirst(), blocks, logits, channels, count, target, own);
    }

    private Outcome launch(String what, Way way, Element element, Layout layout, int blocks, float[] logits,
            int channels, int count, Function<KernelRun, Array> target, Object... own) {
        int pitch = layout.pitch(channels);
        int written = channels + layout.zeros;
        int rows = logits.length / channels;
        float[] tensor = new float[rows * pitch];
        Arrays.fill(tensor, Float.NaN);  // the other tasks' channels are nobody's business
        for (int i = 0; i < logits.length; i++) {
            tensor[i / channels * pitch + layout.first + i % channels] = logits[i];
        }
        try (KernelRun run = new KernelRun(way)) {
            Array values = element.array(run, tensor);
            Array gradient = element.output(run, tensor.length);
            byte[] before = gradient.bytes();
            Array partials = run.output(blocks);
            Array loss = run.output(1);
            Array counted = run.ints(count);
            long offset = (long) layout.first * element.bytes();
            List<Object> arguments = new ArrayList<>(List.of(values.at(offset), target.apply(run), run.floats(WEIGHT),
                    counted, gradient.at(offset), partials));
            arguments.addAll(places);
            arguments.add(channels);
            arguments.addAll(behind);
            arguments.addAll(List.of(pitch, written));
            arguments.addAll(Arrays.stream(own).map(one -> one instanceof float[] floats ? run.floats(floats) : one)
                    .toList());
            run.launch(file, element.kernel(kernel), blocks, arguments.toArray());
            run.launch("loss", "loss_finish", 1, partials, blocks, counted, loss);

            float[] all = element.values(gradient);
            byte[] after = gradient.bytes();
            for (int i = 0; i < all.length; i++) {
                int channel = i % pitch - layout.first;
                if (channel >= channels && channel < written) {
                    assertEquals(0, all[i], what + ": behind the task's channels, element " + i);
                } else if (channel < 0 || channel >= written) {
                    assertArrayEquals(bytes(before, i, element), bytes(after, i, element), what
                            + " wrote into another task's channels, element " + i);
                }
            }
            float[] task = new float[logits.length];
            for (int i = 0; i < logits.length; i++) {
                task[i] = all[i / channels * pitch + layout.first + i % channels];
            }
            return new Outcome(loss.floats()[0], task);
        }
    }

    private static byte[] bytes(byte[] bytes, int index, Element element) {
        return Arrays.copyOfRange(bytes, index * element.bytes(), (index + 1) * element.bytes());
    }
}
