package io.gimbal.kernels;

import static io.gimbal.kernels.BatchNormTwin.launch;
import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.wide;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.BatchNormTwin.Slice;
import io.gimbal.kernels.KernelRun.Array;

@OnKernelDevice
class BatchNormBackwardTest {
    private static final String FILE = "batch_norm_backward";

    /** How T tensors [places][channels] stand in memory. */
    private enum Layout {
        BY_TASK, BY_CHANNEL;

        long[] strides(BatchNormTwin twin, int tasks) {
            return this == BY_TASK ? new long[] {(long) twin.places * twin.channels, twin.channels}
                    : new long[] {twin.channels, (long) tasks * twin.channels};
        }

        Layout other() {
            return this == BY_TASK ? BY_CHANNEL : BY_TASK;
        }

        /** What stands task by task, in this layout. */
        float[] laid(float[] byTask, BatchNormTwin twin, int tasks) {
            return moved(byTask, twin, tasks, true);
        }

        /** The other way round. */
        float[] byTask(float[] laid, BatchNormTwin twin, int tasks) {
            return moved(laid, twin, tasks, false);
        }

        private float[] moved(float[] from, BatchNormTwin twin, int tasks, boolean there) {
            float[] to = new float[from.length];
            long[] strides = strides(twin, tasks);
            for (int i = 0; i < from.length; i++) {
                int task = i / twin.x.length;
                int place = i / twin.channels % twin.places;
                int at = (int) (task * strides[0] + place * strides[1]) + i % twin.channels;
                to[there ? at : i] = from[there ? i : at];
            }
            return to;
        }
    }

    @EachWay
    void backwardIsTheGradientOfEachTask(Way way) {
        for (Element element : Element.values()) {
            for (int i = 0; i < BatchNormTest.SHAPES.length; i++) {
                int[] shape = BatchNormTest.SHAPES[i];
                BatchNormTwin twin = BatchNormTwin.of(element, shape[0], shape[1]);
                // Where they are slow, grids take turns.
                for (int blocks : KernelRun.slow(way) ? new int[] {KernelRun.grid(way, i)} : KernelRun.grids(way)) {
                    backward(way, element, twin, 1 + blocks % 4, blocks, blocks % 2 == 0);
                }
            }
            for (int tasks : new int[] {1, 2, 3, 4, 5, 8, 9, 32}) {
                backward(way, element, BatchNormTwin.of(element, 65, 12), tasks, 2, true);
                backward(way, element, BatchNormTwin.of(element, 67, 7), tasks, 3, false);
            }
            backward(way, element, BatchNormTwin.of(element, 1025, 13, 5000, 1), 2, 3, true);
            backward(way, element, BatchNormTwin.of(element, 515, 8, -20_000, 300), 3, 2, true);
        }
    }

    private static void backward(Way way, Element element, BatchNormTwin twin, int tasks, int blocks, boolean relu) {
        float[] dy = twin.cotangents(element, tasks, relu);
        String what = element + " " + twin.places + "x" + twin.channels + " T=" + tasks + " in " + blocks;
        try (KernelRun run = new KernelRun(way)) {
            float[] sums = null;
            float[] dx = null;
            for (Layout layout : Layout.values()) {
                Slice slice = Slice.ALL[layout == Layout.BY_TASK ? 0 : 1 + blocks % 2];
                Stacks stacks = new Stacks(run, element, twin, tasks, blocks, relu, layout, slice, dy);
                float[] found = stacks.sums(what + " " + layout);
                sums = sums == null ? found : sums;
                assertArrayEquals(sums, found, what + " sums in another layout");
                float[] written = stacks.dx(what + " from " + layout, layout.other(), sums);
                dx = dx == null ? written : dx;
                assertArrayEquals(dx, written, what + " from " + layout);
                assertArrayEquals(dx, stacks.inPlace(sums), what + " in place");
            }
        }
    }

    /** The backward kernels over one stack of cotangents. */
    private record Stacks(KernelRun run, Element element, BatchNormTwin twin, int tasks, int blocks, boolean relu,
            Layout layout, long pitch, float[] dy, long x, Array laid, Object[] normalisation) {
        Stacks(KernelRun run, Element element, BatchNormTwin twin, int tasks, int blocks, boolean relu, Layout layout,
                Slice slice, float[] dy) {
            this(run, element, twin, tasks, blocks, relu, layout, twin.pitch(slice), dy,
                    twin.x(run, element, slice), element.array(run, layout.laid(dy, twin, tasks)),
                    twin.normalisation(run));
        }

        float[] sums(String what) {
            int channels = twin.channels;
            double[] expected = twin.sums(wide(dy), relu);
            double[] size = twin.sumsSize(wide(dy));
            long[] strides = layout.strides(twin, tasks);
            Array partials = run.output((long) blocks * tasks * 2 * channels);
            Array sums = run.output(expected.length);
            Array dgamma = run.output(channels);
            Array dbeta = run.output(channels);
            Object[] arguments = {x, laid, normalisation, partials, (long) twin.places, channels, pitch, strides[1],
                    relu ? 1 : 0};
            launch(run, FILE, element.kernel("batch_norm_backward_reduce_tasks"), blocks, arguments, tasks, strides[0]);
            if (tasks == 1) {
                float[] ofAnyNumber = partials.floats();
                launch(run, FILE, element.kernel("batch_norm_backward_reduce"), blocks, arguments);
                assertArrayEquals(ofAnyNumber, partials.floats(), what + " partial sums of the kernel of one task");
            }
            run.launch(FILE, "batch_norm_backward_finish", 1 + blocks % 2, partials, blocks, sums, dgamma, dbeta,
                    channels, tasks);
            assertClose(what + " sums", expected, size, sums.floats(), 70);
            assertClose(what + " dbeta", overTasks(expected, 0), overTasks(size, 0), dbeta.floats(), 70);
            assertClose(what + " dgamma", overTasks(expected, channels), overTasks(size, channels), dgamma.floats(),
                    70);
            assertArrayEquals(sums.floats(), twin.finished(run, partials, blocks, tasks).floats(),
                    "without the parameters' gradients");
            return sums.floats();
        }

        private double[] overTasks(double[] sums, int offset) {
            double[] total = new double[twin.channels];
            for (int at = 0; at < sums.length; at += 2 * twin.channels) {
                for (int c = 0; c < twin.channels; c++) {
                    total[c] += sums[at + offset + c];
                }
            }
            return total;
        }

        float[] dx(String what, Layout to, float[] sums) {
            int n = twin.x.length;
            Array given = run.floats(sums);
            Array dx = element.output(run, dy.length);
            Array dxBesideSum = element.output(run, dy.length);
            Array sum = element.output(run, n);
            Array sumAlone = element.output(run, n);
            apply(laid, given, dx, null, to);
            apply(laid, given, dxBesideSum, sum, to);
            apply(laid, given, null, sumAlone, to);
            double[] expected = twin.dx(wide(dy), sums, relu);
            double[] size = twin.dxSize(wide(dy), sums);
            float[] byTask = to.byTask(element.values(dx), twin, tasks);
            assertClose(what + " dx", expected, size, byTask, 8 + element.units());
            assertArrayEquals(element.values(dx), element.values(dxBesideSum), what + " beside the sum");
            double[] total = Numbers.expected(n, i -> 0);
            double[] totalSize = Numbers.expected(n, i -> 0);
            for (int i = 0; i < dy.length; i++) {
                total[i % n] += expected[i];
                totalSize[i % n] += size[i];
            }
            // added up before they are rounded: the element's units are those of the sum, not of each task's
            double[] roundedOnce = Numbers.expected(n, i -> totalSize[i] * (8 + tasks)
                    + Math.abs(total[i]) * element.units());
            assertClose(what + " sum", total, roundedOnce, element.values(sum), 1);
            assertClose(what + " sum alone", total, roundedOnce, element.values(sumAlone), 1);
            if (tasks == 1) {
                Array dxOfOne = element.output(run, n);
                applyOne(laid, given, dxOfOne, to);
                assertArrayEquals(element.values(dx), element.values(dxOfOne), what + " dx of the kernel of one task");
            }
            return byTask;
        }

        float[] inPlace(float[] sums) {
            Array both = element.array(run, layout.laid(dy, twin, tasks));
            Array sum = element.output(run, twin.x.length);
            if (tasks == 1) {
                applyOne(both, run.floats(sums), both, layout);
            } else {
                apply(both, run.floats(sums), both, sum, layout);
            }
            return layout.byTask(element.values(both), twin, tasks);
        }

        private void apply(Array from, Array sums, Array dx, Array sum, Layout to) {
            launch(run, FILE, element.kernel("batch_norm_backward_apply_tasks"), blocks,
                    arguments(from, sums, dx, to), sum, tasks, layout.strides(twin, tasks)[0],
                    to.strides(twin, tasks)[0]);
        }

        private void applyOne(Array from, Array sums, Array dx, Layout to) {
            launch(run, FILE, element.kernel("batch_norm_backward_apply"), blocks,
                    (Object) arguments(from, sums, dx, to));
        }

        /** What both kernels take. */
        private Object[] arguments(Array from, Array sums, Array dx, Layout to) {
            return new Object[] {x, from, normalisation, sums, dx, (long) twin.places, twin.channels, pitch,
                    layout.strides(twin, tasks)[1], to.strides(twin, tasks)[1], relu ? 1 : 0};
        }
    }
}
