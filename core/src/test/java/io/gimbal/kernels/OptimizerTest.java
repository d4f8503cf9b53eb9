package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.assertClose;
import static io.gimbal.kernels.Numbers.expected;
import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.List;

@OnKernelDevice
class OptimizerTest {
    private static final int[] SIZES = {1, 3, 255, 256, 257, 1023, 1024, 1025, 30_011};
    private static final float RATE = 0.01f;

    /** With one there would be no moments yet; the further ones are for rounding to add up, where they are quick. */
    private static int steps(Way way) {
        return KernelRun.slow(way) ? 2 : 6;
    }

    /**
     * Where gradients in bf16 end, and where the copy does.
     *
     * @param low    0 where there is no bf16 gradient
     * @param copied 0 where there is no copy
     */
    private record Halves(int low, int copied) {
        static List<Halves> of(int n) {
            int most = n / 32 * 32;
            return List.of(new Halves(0, 0), new Halves(most, most), new Halves(most / 64 * 32, most),
                    new Halves(most, 0));
        }

        /** The gradients as the optimiser sees them. */
        float[] seen(float[] gradient) {
            float[] seen = Element.BF16.rounded(gradient);
            System.arraycopy(gradient, low, seen, low, seen.length - low);
            return seen;
        }

        /** The float32 buffer: what the bf16 one has is not there. */
        Array high(KernelRun run, float[] gradient) {
            float[] high = gradient.clone();
            Arrays.fill(high, 0, low, Float.NaN);
            return run.floats(high);
        }

        Array low(KernelRun run, float[] gradient) {
            return low == 0 ? null : run.bf16(Arrays.copyOf(gradient, low));
        }

        Array copy(KernelRun run) {
            return copied == 0 ? null : run.outputBf16(copied);
        }

        void assertCopied(Array copy, float[] parameters) {
            if (copied != 0) {
                assertArrayEquals(Element.BF16.rounded(Arrays.copyOf(parameters, copied)), copy.bf16());
            }
        }
    }

    /**
     * Groups of parameters: of each run of 32 elements one of three, or none at all.
     *
     * @param clip what gradients are scaled by; 1 where they are not clipped
     */
    private record Groups(boolean given, float clip) {
        private static final int RUN = 32;
        /** Of the rate, of the decay. */
        private static final float[] FACTORS = {1, 1, 10, 0, 0.5f, 3};
        private static final int FEW = 1000;
        private static final Groups NEITHER = new Groups(false, 1);
        private static final Groups BOTH = new Groups(true, 0.25f);

        /** For so many parameters: with many, each by itself tells no more. */
        static List<Groups> of(int parameters) {
            return parameters > FEW ? List.of(NEITHER, BOTH)
                    : List.of(NEITHER, new Groups(true, 1), new Groups(false, 0.25f), BOTH);
        }

        private static int number(int run) {
            return run * 5 % 3;
        }

        double rate(int i) {
            return given ? FACTORS[2 * number(i / RUN)] : 1;
        }

        double decay(int i) {
            return given ? FACTORS[2 * number(i / RUN) + 1] : 1;
        }

        Array table(KernelRun run, int n) {
            byte[] table = new byte[(n + RUN - 1) / RUN];
            for (int i = 0; i < table.length; i++) {
                table[i] = (byte) number(i);
            }
            return given ? run.bytes(table) : null;
        }

        Array clip(KernelRun run) {
            return clip == 1 ? null : run.floats(clip);
        }

        Array factors(KernelRun run) {
            return given ? run.floats(FACTORS) : null;
        }
    }

    @EachWay
    void sgdFollowsTorchWithAndWithoutMomentumAndDecay(Way way) {
        for (int n : SIZES) {
            for (float momentum : new float[] {0, 0.9f}) {
                for (float decay : new float[] {0, 0.1f}) {
                    for (Halves halves : Halves.of(n)) {
                        for (Groups groups : Groups.of(n)) {
                            sgd(way, n, momentum, decay, halves, groups);
                        }
                    }
                }
            }
        }
    }

    private static void sgd(Way way, int n, float momentum, float decay, Halves halves, Groups groups) {
        float[] start = random(n, n);
        int steps = steps(way);
        double[] p = expected(n, i -> start[i]);
        double[] m = new double[n];
        try (KernelRun run = new KernelRun(way)) {
            Array parameters = run.floats(start);
            Array copy = halves.copy(run);
            Array moment = momentum == 0 ? null : run.floats(new float[n]);
            for (int step = 0; step < steps; step++) {
                float[] gradient = random(n + step, n);
                run.launch("optimizer", "sgd", KernelRun.grid(way, n), parameters, halves.high(run, gradient),
                        halves.low(run, gradient), (long) halves.low, copy, (long) halves.copied, moment, (long) n,
                        run.floats(RATE), momentum, decay, groups.table(run, n), groups.factors(run),
                        groups.clip(run), run.ints(1));
                float[] seen = halves.seen(gradient);
                for (int i = 0; i < n; i++) {
                    m[i] = momentum * m[i] + groups.clip * seen[i] + decay * groups.decay(i) * p[i];
                    p[i] -= RATE * groups.rate(i) * m[i];
                }
            }
            // a rounding of the parameter each step, and of what it moves by, which tens of times the rate makes near 1
            assertClose("sgd", p, parameters.floats(), (groups.given ? 8 : 2) * steps);
            halves.assertCopied(copy, parameters.floats());
        }
    }

    @EachWay
    void adamAndAdamWFollowTorch(Way way) {
        for (int n : SIZES) {
            for (int decoupled = 0; decoupled < 2; decoupled++) {
                for (float decay : new float[] {0, 0.1f}) {
                    for (Halves halves : Halves.of(n)) {
                        for (Groups groups : Groups.of(n)) {
                            adam(way, n, decoupled, decay, halves, groups);
                        }
                    }
                }
            }
        }
    }

    private static void adam(Way way, int n, int decoupled, float decay, Halves halves, Groups groups) {
        float beta1 = 0.9f;
        float beta2 = 0.999f;
        float eps = 1e-8f;
        float[] start = random(n, n);
        int steps = steps(way);
        double[] p = expected(n, i -> start[i]);
        double[] m = new double[n];
        double[] v = new double[n];
        try (KernelRun run = new KernelRun(way)) {
            Array parameters = run.floats(start);
            Array copy = halves.copy(run);
            Array first = run.floats(new float[n]);
            Array second = run.floats(new float[n]);
            for (int step = 1; step <= steps; step++) {
                float[] gradient = random(n + step, n);
                run.launch("optimizer", "adam", KernelRun.grid(way, n), parameters, halves.high(run, gradient),
                        halves.low(run, gradient), (long) halves.low, copy, (long) halves.copied, first, second,
                        (long) n, run.floats(RATE), run.longs(99, step, 0, 0), beta1, beta2, eps, decay, decoupled,
                        groups.table(run, n), groups.factors(run), groups.clip(run), run.ints(1));
                float[] seen = halves.seen(gradient);
                double correction1 = 1 - Math.pow(beta1, step);
                double correction2 = 1 - Math.pow(beta2, step);
                for (int i = 0; i < n; i++) {
                    double shrink = decay * groups.decay(i);
                    double g = groups.clip * seen[i] + (decoupled == 1 ? 0 : shrink * p[i]);
                    p[i] *= decoupled == 1 ? 1 - RATE * groups.rate(i) * shrink : 1;
                    m[i] = beta1 * m[i] + (1.0 - beta1) * g;
                    v[i] = beta2 * v[i] + (1.0 - beta2) * g * g;
                    p[i] -= RATE * groups.rate(i) * (m[i] / correction1) / (Math.sqrt(v[i] / correction2) + eps);
                }
            }
            int moved = groups.given ? 4 : 1;  // a group's parameters move up to ten times as far, and so do errors
            assertClose("adam", p, parameters.floats(), 3 * steps * moved);
            assertClose("first moment", m, first.floats(), 2 * steps * moved);
            assertClose("second moment", v, second.floats(), 2 * steps * moved);
            halves.assertCopied(copy, parameters.floats());
        }
    }

    @EachWay
    void gradientsBeyondANormAreScaledDownToIt(Way way) {
        for (int n : SIZES) {
            float[] gradient = random(n, n);
            for (Halves halves : Halves.of(n)) {
                double norm = Math.sqrt(Arrays.stream(Numbers.wide(halves.seen(gradient))).map(x -> x * x).sum());
                for (double share : new double[] {0.01, 0.999, 1.001, 100}) {
                    float most = (float) (share * norm);
                    try (KernelRun run = new KernelRun(way)) {
                        Clip clip = Clip.of(run, halves, gradient, most, KernelRun.grid(way, n));
                        // partials are sums of floats, and rounded
                        assertClose("clip", new double[] {Math.min(1, most / (norm + 1e-6))}, clip.scale.floats(), 8);
                        assertEquals(0, clip.notFinite.ints()[0]);
                    }
                }
            }
        }
    }

    @EachWay
    void aNormThatIsNotFiniteIsTold(Way way) {
        for (int n : new int[] {1, 257, 30_011}) {
            for (float broken : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e20f}) {
                for (Halves halves : Halves.of(n)) {
                    float[] gradient = random(n, n);
                    gradient[n / 2] = broken;
                    try (KernelRun run = new KernelRun(way)) {
                        Clip clip = Clip.of(run, halves, gradient, 1, KernelRun.grid(way, n));
                        assertEquals(1, clip.notFinite.ints()[0], n + " with " + broken + ", " + halves);
                    }
                }
            }
        }
    }

    /** What clipping finds. */
    private record Clip(Array scale, Array notFinite) {
        static Clip of(KernelRun run, Halves halves, float[] gradient, float most, int blocks) {
            Array partials = run.output(blocks);
            Clip clip = new Clip(run.output(1), run.output(1));
            run.launch("optimizer", "clip_squares", blocks, halves.high(run, gradient), halves.low(run, gradient),
                    (long) halves.low, partials, (long) gradient.length);
            run.launch("optimizer", "clip_finish", 1, partials, blocks, most, clip.scale, clip.notFinite);
            return clip;
        }
    }

    @EachWay
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

    /** Behind a hundred thousand updates it is the largest decay that counts. */
    @EachWay
    void averagesFollowTheirRecursion(Way way) {
        for (int n : SIZES) {
            for (double most : new double[] {0, 0.25, 0.999}) {
                for (int copied : new int[] {0, n / 64 * 32, n / 32 * 32}) {
                    averages(way, n, most, copied);
                }
            }
        }
    }

    private static void averages(Way way, int n, double most, int copied) {
        float[] start = random(n, n);
        double[] a = expected(n, i -> start[i]);
        try (KernelRun run = new KernelRun(way)) {
            Array averages = run.floats(start);
            Array copy = copied == 0 ? null : run.outputBf16(copied);
            float[] parameters = start;
            for (long update : new long[] {1, 2, 3, 4, 5, 6, 100_000, 100_001}) {
                parameters = random(n + update, n);
                run.launch("optimizer", "average", KernelRun.grid(way, n), averages, run.floats(parameters), copy,
                        (long) copied, (long) n, run.longs(2 * update, update, update, 0), (float) (1 - most),
                        run.ints(1));
                double left = Math.min(most, update / (9.0 + update));
                for (int i = 0; i < n; i++) {
                    a[i] = left * a[i] + (1 - left) * parameters[i];
                }
            }
            assertClose("averages", a, averages.floats(), 16);  // two roundings of values of up to 4 an update
            if (most == 0) {
                assertArrayEquals(parameters, averages.floats());
            }
            if (copied != 0) {
                assertArrayEquals(Element.BF16.rounded(Arrays.copyOf(averages.floats(), copied)), copy.bf16());
            }
        }
    }

    /** So that what does not move is not moved by its average either. */
    @EachWay
    void anAverageOfWhatItIsStaysToTheBit(Way way) {
        int n = 1025;
        float[] start = random(n, n);
        try (KernelRun run = new KernelRun(way)) {
            Array averages = run.floats(start);
            for (long update = 1; update < 30; update++) {
                run.launch("optimizer", "average", 3, averages, run.floats(start), null, 0L, (long) n,
                        run.longs(update, update, 0, 0), 1e-3f, run.ints(1));
            }
            assertArrayEquals(start, averages.floats());
        }
    }

    @EachWay
    void rejectedStepChangesNothing(Way way) {
        int n = 1025;
        float[] start = random(n, n);
        float[] gradient = new float[n];
        Arrays.fill(gradient, Float.NaN);
        try (KernelRun run = new KernelRun(way)) {
            Array[] kept = {run.floats(start), run.floats(start), run.floats(start), run.floats(start),
                    run.floats(start), run.floats(start), run.floats(start)};
            Array[] copies = {run.bf16(start), run.bf16(start), run.bf16(start)};
            Array bad = run.floats(gradient);
            Array low = run.bf16(gradient);
            Array rate = run.floats(RATE);
            Array rejected = run.ints(0);
            run.launch("optimizer", "sgd", 3, kept[0], bad, low, 512L, copies[0], 1024L, kept[1], (long) n, rate, 0.9f,
                    0.1f, null, null, null, rejected);
            run.launch("optimizer", "adam", 3, kept[2], bad, low, 512L, copies[1], 1024L, kept[3], kept[4], (long) n,
                    rate, run.longs(5, 0, 5, 5), 0.9f, 0.999f, 1e-8f, 0.1f, 0, null, null, null, rejected);
            run.launch("optimizer", "running_statistics", 3, kept[5], bad, run.floats(start), n, rejected);
            run.launch("optimizer", "average", 3, kept[6], bad, copies[2], 1024L, (long) n, run.longs(5, 0, 5, 5), 0.1f,
                    rejected);
            for (Array array : kept) {
                assertArrayEquals(start, array.floats());
            }
            for (Array copy : copies) {
                assertArrayEquals(Element.BF16.rounded(start), copy.bf16());
            }
        }
    }
}
