package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.List;

@OnKernelDevice
class AttentionTest {
    /** images, height, width, channels of q and k, of v, heads, window (0: none), tasks */
    private static final int[][] SHAPES = {
        {1, 1, 1, 1, 1, 1, 0, 1}, {2, 1, 1, 3, 5, 1, 3, 2}, {2, 3, 5, 4, 4, 1, 0, 2}, {1, 5, 7, 8, 6, 2, 3, 3},
        {1, 8, 8, 16, 16, 1, 0, 1}, {1, 5, 13, 12, 20, 4, 0, 2}, {2, 9, 11, 6, 10, 2, 5, 1},
        {1, 17, 9, 40, 72, 1, 0, 1},
        {1, 12, 12, 36, 33, 3, 7, 1}, {1, 4, 4, 8, 8, 1, 9, 1}, {1, 3, 50, 24, 24, 1, 1, 1},
        {1, 7, 10, 132, 258, 2, 0, 1},
        {1, 10, 9, 8, 136, 1, 3, 1}, {2, 9, 8, 260, 7, 1, 0, 1}, {1, 16, 17, 7, 64, 1, 11, 1}
    };

    @EachWay
    void outputsAndGradientsAreThoseOfTheDefinition(Way way) {
        for (Element element : Element.values()) {
            for (int i = 0; i < SHAPES.length; i++) {
                check(way, element, SHAPES[i], KernelRun.grid(way, i), 1);
            }
        }
    }

    /** Exponentials of scores of some thousands would overflow, but for the largest that is taken off. */
    @EachWay
    void largeScoresLeaveFiniteWeights(Way way) {
        check(way, Element.FLOAT32, new int[] {1, 9, 9, 16, 8, 1, 0, 1}, 2, 40);
        check(way, Element.FLOAT32, new int[] {1, 9, 9, 16, 8, 2, 3, 1}, 2, 40);
    }

    @EachWay
    void everyGridLeavesTheSameBits(Way way) {
        int[] shape = {2, 9, 11, 6, 10, 2, 5, 3};
        AttentionTwin twin = twin(shape);
        float[] q = random(1, twin.keys());
        float[] k = random(2, twin.keys());
        float[] v = random(3, twin.values());
        float[] dout = random(4, twin.values() * shape[7]);
        for (String file : files(twin)) {
            Left first = null;
            for (int blocks : KernelRun.grids(way)) {
                Left left = run(file, way, Element.FLOAT32, twin, shape[7], blocks, q, k, v, dout);
                if (first == null) {
                    first = left;
                }
                assertArrayEquals(first.out, left.out);
                assertArrayEquals(first.dq, left.dq);
                assertArrayEquals(first.dk, left.dk);
                assertArrayEquals(first.dv, left.dv);
            }
        }
    }

    /** A softmax of what is not finite must not come out as weights that are. */
    @EachWay
    void whatIsNotFiniteStaysSoForAllThatLookAtIt(Way way) {
        for (int window : new int[] {0, 3}) {
            AttentionTwin twin = new AttentionTwin(1, 9, 9, 5, 3, 1, window, 0.5);
            for (String file : files(twin)) {
                for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                    for (int which = 0; which < 4; which++) {
                        checkNotFinite(file, way, twin, bad, which);
                    }
                }
            }
        }
    }

    /** @param which of q, k, v and the cotangent holds it, in the middle */
    private static void checkNotFinite(String file, Way way, AttentionTwin twin, float bad, int which) {
        float[][] tensors = {random(1, twin.keys()), random(2, twin.keys()), random(3, twin.values()),
                random(4, twin.values())};
        int place = 40;
        tensors[which][place * (which < 2 ? 5 : 3) + 1] = bad;
        Left left = run(file, way, Element.FLOAT32, twin, 1, 2, tensors[0], tensors[1], tensors[2], tensors[3]);
        for (int p = 0; p < twin.places(); p++) {
            boolean touched = which == 0 || which == 3 ? p == place : twin.sees(p, place);
            if (which < 3 && touched) {
                assertNotFinite(left.out, p, 3);
            }
            if (touched) {
                assertNotFinite(left.dq, p, 5);
            }
            if (which == 0 && twin.sees(place, p)) {
                assertNotFinite(left.dk, p, 5);
                assertNotFinite(left.dv, p, 3);
            }
            boolean apart = file.equals("attention_near") ? !twin.sees(p, place) : Math.abs(p / 9 - place / 9) > 8;
            if (apart) {
                assertTrue(Float.isFinite(left.out[p * 3]), "what does not look at it");
            }
        }
    }

    /** Where v is not finite only some of its channels are. */
    private static void assertNotFinite(float[] values, int place, int channels) {
        float[] of = Arrays.copyOfRange(values, place * channels, (place + 1) * channels);
        boolean finite = true;
        for (float value : of) {
            finite &= Float.isFinite(value);
        }
        assertFalse(finite, () -> "place " + place + ": " + Arrays.toString(of));
    }

    private static AttentionTwin twin(int[] shape) {
        return new AttentionTwin(shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], shape[6],
                (float) (1 / Math.sqrt(shape[3] / shape[5])));
    }

    private record Left(float[] out, float[] logsumexp, float[] dq, float[] dk, float[] dv) {}

    private static Left run(Way way, Element element, AttentionTwin twin, int tasks, int blocks, float[] q, float[] k,
            float[] v, float[] dout) {
        return run("attention", way, element, twin, tasks, blocks, q, k, v, dout);
    }

    /** @param file by tiles, or in small windows each place by itself */
    private static Left run(String file, Way way, Element element, AttentionTwin twin, int tasks, int blocks, float[] q,
            float[] k, float[] v, float[] dout) {
        int n = twin.images();
        int height = twin.height();
        int width = twin.width();
        int c = twin.keyChannels();
        int d = twin.valueChannels();
        int heads = twin.heads();
        int window = twin.window();
        float scale = (float) twin.scale();
        try (KernelRun run = new KernelRun(way)) {
            Array queries = element.array(run, q);
            Array keys = element.array(run, k);
            Array values = element.array(run, v);
            Array arriving = element.array(run, dout);
            Array out = element.output(run, twin.values());
            Array logsumexp = run.output(twin.rows());
            Array dots = run.output(twin.rows() * tasks);
            Array dq = element.output(run, twin.keys() * tasks);
            Array dk = element.output(run, twin.keys() * tasks);
            Array dv = element.output(run, twin.values() * tasks);
            run.launch(file, element.kernel(file + "_forward"), blocks, queries, keys, values, out, logsumexp,
                    n, height, width, c, d, heads, window, scale);
            run.launch("attention", element.kernel("attention_backward_dots"), blocks, out, arriving, dots, n,
                    height * width, d, heads, tasks);
            run.launch(file, element.kernel(file + "_backward_q"), blocks, queries, keys, values, arriving,
                    logsumexp, dots, dq, n, height, width, c, d, heads, window, scale, tasks);
            run.launch(file, element.kernel(file + "_backward_k"), blocks, queries, keys, values, arriving,
                    logsumexp, dots, dk, n, height, width, c, d, heads, window, scale, tasks);
            run.launch(file, element.kernel(file + "_backward_v"), blocks, queries, keys, arriving, logsumexp,
                    dv, n, height, width, c, d, heads, window, scale, tasks);
            // The same without what only a backward pass reads.
            Array again = element.output(run, twin.values());
            run.launch(file, element.kernel(file + "_forward"), blocks, queries, keys, values, again, null,
                    n, height, width, c, d, heads, window, scale);
            assertArrayEquals(element.values(out), element.values(again));
            return new Left(element.values(out), logsumexp.floats(), element.values(dq), element.values(dk),
                    element.values(dv));
        }
    }

    private static void check(Way way, Element element, int[] shape, int blocks, float size) {
        AttentionTwin twin = twin(shape);
        int tasks = shape[7];
        float[] q = element.rounded(random(twin.keys() + 1, twin.keys(), 0, size));
        float[] k = element.rounded(random(twin.keys() + 2, twin.keys(), 0, size));
        float[] v = element.rounded(random(twin.values() + 3, twin.values()));
        float[] dout = element.rounded(random(twin.values() + 4, twin.values() * tasks));
        String what = Arrays.toString(shape) + " " + element + ", " + blocks + " blocks: ";
        AttentionTwin.Forward forward = twin.forward(q, k, v);
        for (String file : files(twin)) {
            Left left = run(file, way, element, twin, tasks, blocks, q, k, v, dout);
            check(file + " of " + what, element, twin, tasks, left, forward, q, k, v, dout);
        }
    }

    /** The kernels that take it: those of small windows only such. */
    private static List<String> files(AttentionTwin twin) {
        boolean small = twin.window() > 0 && twin.window() <= 7
                && Math.max(twin.keyChannels(), twin.valueChannels()) / twin.heads() <= 128;
        return small ? List.of("attention", "attention_near") : List.of("attention");
    }

    private static void check(String what, Element element, AttentionTwin twin, int tasks, Left left,
            AttentionTwin.Forward forward, float[] q, float[] k, float[] v, float[] dout) {
        close(what + "logsumexp", forward.logsumexp(), left.logsumexp, 0, twin.rows(), 0);
        close(what + "out", forward.out(), left.out, 0, twin.values(), element.units());
        for (int task = 0; task < tasks; task++) {
            float[] own = Arrays.copyOfRange(dout, task * twin.values(), (task + 1) * twin.values());
            AttentionTwin.Backward backward = twin.backward(q, k, v, own, element.units());
            close(what + "dq", backward.dq(), left.dq, task, twin.keys(), element.units());
            close(what + "dk", backward.dk(), left.dk, task, twin.keys(), element.units());
            close(what + "dv", backward.dv(), left.dv, task, twin.values(), element.units());
        }
    }

    /** @param storing by how many units of itself a result may be rounded when it is stored */
    private static void close(String what, AttentionTwin.Sums expected, float[] actual, int task, int count,
            double storing) {
        double[] allowed = new double[count];
        for (int i = 0; i < count; i++) {
            allowed[i] = expected.allowed[i] + storing * (Math.abs(expected.value[i]) + expected.allowed[i]
                    * Numbers.UNIT) + 1;
        }
        assertClose(what, expected.value, allowed, Arrays.copyOfRange(actual, task * count, (task + 1) * count), 1);
    }
}
