package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;

import io.gimbal.kernels.KernelRun.Array;

/** A loss kernel's launch beside what its twin says: the summed loss, and the derivative of it by each prediction. */
final class LossCheck {
    static final float WEIGHT = 1.7f;

    double sum;
    final double[] slopes;

    LossCheck(int predictions) {
        slopes = new double[predictions];
    }

    /** What is launched with the given outputs. */
    interface Launch {
        void of(KernelRun run, int blocks, Array weight, Array count, Array gradient, Array partials);
    }

    /** @param units rounding units allowed, of the larger of 1 and each value; the slopes' before their common scale */
    void against(String what, Way way, int blocks, int count, double units, Launch launch) {
        try (KernelRun run = new KernelRun(way)) {
            Array gradient = run.output(slopes.length);
            Array partials = run.output(blocks);
            Array loss = run.output(1);
            Array counted = run.ints(count);
            launch.of(run, blocks, run.floats(WEIGHT), counted, gradient, partials);
            run.launch("loss", "loss_finish", 1, partials, blocks, counted, loss);
            int places = Math.max(count, 1);
            // a GPU's thread adds its own few terms in float, then all threads' are added
            assertClose(what + " loss", new double[] {sum / places}, loss.floats(), units + 40);
            double scale = WEIGHT / (double) places;
            double[] sizes = expected(slopes.length, i -> scale * Math.max(1, Math.abs(slopes[i])));
            assertClose(what + " gradient", expected(slopes.length, i -> scale * slopes[i]), sizes, gradient.floats(),
                    units);
        }
    }
}
