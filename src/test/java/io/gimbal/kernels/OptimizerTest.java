package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.gimbal.kernels.KernelRun.Array;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(KernelDevice.class)
class OptimizerTest {
    private static final int[] SIZES = {1, 3, 255, 256, 257, 1023, 1024, 1025, 30_011};
    private static final float RATE = 0.01f;
    private static final int STEPS = 6;

    @ParameterizedTest
    @EnumSource
    void sgdFollowsTorchWithAndWithoutMomentumAndDecay(Way way) {
        for (int n : SIZES) {
            for (float momentum : new float[] {0, 0.9f}) {
                for (float decay : new float[] {0, 0.1f}) {
                    sgd(way, n, momentum, decay, KernelRun.grid(way, n));
                }
            }
        }
    }

    private static void sgd(Way way, int n, float momentum, float decay, int blocks) {
        float[] start = random(n, n);
        double[] p = expected(n, i -> start[i]);
        double[] m = new double[n];
        try (KernelRun run = new KernelRun(way)) {
            Array parameters = run.floats(start);
            Array moment = momentum == 0 ? null : run.floats(new float[n]);
            for (int step = 0; step < STEPS; step++) {
                float[] gradient = random(n + step, n);
                run.launch("optimizer", "sgd", blocks, parameters, run.floats(gradient), moment, (long) n,
                        run.floats(RATE), momentum, decay,
                        run.ints(1));
                for (int i = 0; i < n; i++) {
                    m[i] = momentum * m[i] + gradient[i] + decay * p[i];
                    p[i] -= RATE * m[i];
                }
            }
            assertClose("sgd", p, parameters.floats(), 2 * STEPS);  // a rounding of the parameter each step
        }
    }

    @ParameterizedTest
    @EnumSource
    void adamAndAdamWFollowTorch(Way way) {
        for (int n : SIZES) {
            for (int decoupled = 0; decoupled < 2; decoupled++) {
                for (float decay : new float[] {0, 0.1f}) {
                    adam(way, n, decoupled, decay, KernelRun.grid(way, n));
                }
            }
        }
    }

    private static void adam(Way way, int n, int decoupled, float decay, int blocks) {
        float beta1 = 0.9f;
        float beta2 = 0.999f;
        float eps = 1e-8f;
        float[] start = random(n, n);
        double[] p = expected(n, i -> start[i]);
        double[] m = new double[n];
        double[] v = new double[n];
        try (KernelRun run = new KernelRun(way)) {
            Array parameters = run.floats(start);
            Array first = run.floats(new float[n]);
            Array second = run.floats(new float[n]);
            for (int step = 1; step <= STEPS; step++) {
                float[] gradient = random(n + step, n);
                run.launch("optimizer", "adam", blocks, parameters, run.floats(gradient), first, second, (long) n,
                        run.floats(RATE),
                        run.longs(99, step, 0, 0), beta1, beta2, eps, decay, decoupled, run.ints(1));
                double correction1 = 1 - Math.pow(beta1, step);
                double correction2 = 1 - Math.pow(beta2, step);
                for (int i = 0; i < n; i++) {
                    double g = gradient[i] + (decoupled == 1 ? 0 : decay * p[i]);
                    p[i] *= decoupled == 1 ? 1 - RATE * decay : 1;
                    m[i] = beta1 * m[i] + (1.0 - beta1) * g;
                    v[i] = beta2 * v[i] + (1.0 - beta2) * g * g;
                    p[i] -= RATE * (m[i] / correction1) / (Math.sqrt(v[i] / correction2) + eps);
                }
            }
            assertClose("adam", p, parameters.floats(), 3 * STEPS);
            assertClose("first moment", m, first.floats(), 2 * STEPS);
            assertClose("second moment", v, second.floats(), 2 * STEPS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void runningStatisticsMoveByTheirOwnMomenta(Way way) {
        for (int n : SIZES) {
            float[] start = random(n, n);
            float[] batch = random(n + 1, n);
            float[] momentum = random(n + 2, n, 0.1, 0.02);
            try (KernelRun run = new KernelRun(way)) {
                Array running = run.floats(start);
                run.launch("optimizer", "running_statistics", KernelRun.grid(way, n), running, run.floats(batch),
                        run.floats(momentum), n, run.ints(1));
                assertClose("running", expected(n, i -> start[i] + (double) momentum[i]
                        * ((double) batch[i] - start[i])), running.floats(), 3);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void rejectedStepChangesNothing(Way way) {
        int n = 1025;
        float[] start = random(n, n);
        float[] gradient = new float[n];
        java.util.Arrays.fill(gradient, Float.NaN);
        try (KernelRun run = new KernelRun(way)) {
            Array[] kept = {run.floats(start), run.floats(start), run.floats(start), run.floats(start),
                    run.floats(start), run.floats(start)};
            Array bad = run.floats(gradient);
            Array rate = run.floats(RATE);
            Array rejected = run.ints(0);
            run.launch("optimizer", "sgd", 3, kept[0], bad, kept[1], (long) n, rate, 0.9f, 0.1f, rejected);
            run.launch("optimizer", "adam", 3, kept[2], bad, kept[3], kept[4], (long) n, rate, run.longs(5, 0, 5, 5),
                    0.9f, 0.999f, 1e-8f, 0.1f, 0,
                    rejected);
            run.launch("optimizer", "running_statistics", 3, kept[5], bad, run.floats(start), n, rejected);
            for (Array array : kept) {
                assertArrayEquals(start, array.floats());
            }
        }
    }
}
