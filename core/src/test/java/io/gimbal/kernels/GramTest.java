package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.KernelRun.Array;

@OnKernelDevice
class GramTest {
    private static final int[] SIZES = {1, 7, 255, 256, 257, 1023, 1024, 1025};
    private static final int FEW_TASKS = 4;
    private static final int[] TASKS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 31, 32};

    @EachWay
    void gramHoldsAllProductsAndTheSumAddsTheTasks(Way way) {
        for (Element element : Element.values()) {
            for (int size : SIZES) {
                for (int tasks : TASKS) {
                    check(way, element, size, tasks, KernelRun.grid(way, size + tasks));
                }
            }
        }
    }

    @EachWay
    void gramOfRealSizes(Way way) {
        for (Element element : Element.values()) {
            for (int tasks : new int[] {1, 3, 8, 9, 32}) {
                check(way, element, KernelRun.slow(way) ? 20_003 : 147_456, tasks, 5);
            }
        }
    }

    @EachWay
    void gramIsTheSameFromRunToRun(Way way) {
        for (int tasks : new int[] {3, 9}) {
            try (KernelRun run = new KernelRun(way)) {
                Array gradients = run.floats(random(1, tasks * 5000));
                Array first = run.doubles(new double[tasks * tasks]);
                Array second = run.doubles(new double[tasks * tasks]);
                launch(run, Element.FLOAT32, gradients, null, first, 5000, tasks, 7);
                launch(run, Element.FLOAT32, gradients, null, second, 5000, tasks, 7);
                assertArrayEquals(first.doubles(), second.doubles());
            }
        }
    }

    @EachWay
    void oneElementThatIsNotFiniteShowsInItsTasksNorm(Way way) {
        for (int tasks : new int[] {3, 9}) {
            float[] gradients = random(1, tasks * 1000);
            gradients[1777] = Float.NaN;
            try (KernelRun run = new KernelRun(way)) {
                Array gram = run.doubles(new double[tasks * tasks]);
                launch(run, Element.FLOAT32, run.floats(gradients), null, gram, 1000, tasks, 3);
                assertFalse(Double.isFinite(gram.doubles()[tasks + 1]));
            }
        }
    }

    @EachWay
    void theKernelForFewTasksGivesNoNumbersForMany(Way way) {
        for (Element element : Element.values()) {
            try (KernelRun run = new KernelRun(way)) {
                int tasks = FEW_TASKS + 1;
                Array gram = run.doubles(new double[tasks * tasks]);
                Array partials = run.output(2L * tasks * (tasks + 1) / 2);
                run.launch("balance", element.kernel("gram"), 2, element.array(run, random(1, tasks * 100)), null,
                        partials, 100L, tasks);
                run.launch("balance", "gram_finish", 1, partials, 2, gram, tasks);
                for (double product : gram.doubles()) {
                    assertTrue(Double.isNaN(product), "a product of more tasks than the kernel takes: " + product);
                }
            }
        }
    }

    private static void launch(KernelRun run, Element element, Array gradients, Array sum, Array gram, int size,
            int tasks, int blocks) {
        Array partials = run.output((long) blocks * tasks * (tasks + 1) / 2);
        run.launch("balance", element.kernel(tasks <= FEW_TASKS ? "gram" : "gram_wide"), blocks, gradients, sum,
                partials, (long) size, tasks);
        run.launch("balance", "gram_finish", 1 + blocks % 2, partials, blocks, gram, tasks);
    }

    private static void check(Way way, Element element, int size, int tasks, int blocks) {
        float[] gradients = element.rounded(random(size + tasks, tasks * size));
        double[] products = new double[tasks * tasks];
        double[] scale = new double[tasks * tasks];
        double[] sums = new double[size];
        double[] sumScale = new double[size];
        for (int a = 0; a < tasks; a++) {
            for (int i = 0; i < size; i++) {
                sums[i] += gradients[a * size + i];
                sumScale[i] += Math.abs(gradients[a * size + i]);
            }
            for (int b = 0; b < tasks; b++) {
                for (int i = 0; i < size; i++) {
                    double product = (double) gradients[a * size + i] * gradients[b * size + i];
                    products[a * tasks + b] += product;
                    scale[a * tasks + b] += Math.abs(product);
                }
            }
        }
        try (KernelRun run = new KernelRun(way)) {
            Array sum = element.output(run, size);
            Array gram = run.doubles(new double[tasks * tasks]);
            launch(run, element, element.array(run, gradients), sum, gram, size, tasks, blocks);
            double[] found = gram.doubles();
            for (int k = 0; k < found.length; k++) {
                // some hundred terms go into a float before anything coarser adds them
                assertEquals(products[k], found[k], 300 * Numbers.UNIT * scale[k], size + " elements, " + tasks
                        + " tasks, product " + k);
            }
            assertClose("sum", sums, sumScale, element.values(sum), tasks + element.units());
        }
    }
}
