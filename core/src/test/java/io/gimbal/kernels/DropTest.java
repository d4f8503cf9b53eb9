package io.gimbal.kernels;

import static io.gimbal.kernels.Numbers.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.engine.Philox;
import io.gimbal.kernels.KernelRun.Array;
import java.util.Arrays;
import java.util.List;

/** GradDrop on a representation, against the reference's formulas in double. */
@OnKernelDevice
class DropTest {
    private static final int STREAM = 0xB2;
    private static final long SEED = 0x123456789abcdefL;
    private static final long STEP = 7;
    private static final int MOST_TASKS = 32;

    /** Samples of so many places, C channels of a pitch, and what lies between the tasks beside them. */
    private record Shape(int samples, int places, int channels, int pitch, int tasks, int gap) {
        int sampleElements() {
            return places * pitch;
        }

        int tensor() {
            return samples * sampleElements();
        }

        int taskStride() {
            return tensor() + gap;
        }

        int gradients() {
            return (tasks - 1) * taskStride() + tensor();
        }

        /** Where element e of a sample, counted without padding, stands in sample n. */
        int at(int n, int e) {
            return n * sampleElements() + e / channels * pitch + e % channels;
        }
    }

    /** What a launch is given. */
    private record Given(Shape shape, float[] representation, float[] gradients, double[] leak, int[] counts) {
        static Given of(Element element, Shape shape, long seed) {
            double[] leak = new double[shape.tasks];
            int[] counts = new int[shape.tasks];
            for (int t = 0; t < shape.tasks; t++) {
                leak[t] = t % 3 == 0 ? 0 : t % 3 == 1 ? 0.3 : 1;
                counts[t] = t + 1;
            }
            float[] representation = random(seed, shape.tensor());
            for (int i = 0; i < representation.length; i += 5) {
                representation[i] = i % 2 == 0 ? 0 : -0.0f;
            }
            return new Given(shape, element.rounded(representation), element.rounded(random(seed + 1,
                    shape.gradients())), leak, counts);
        }

        /** Those from {@code from} to before {@code to}, as a rank has them. */
        Given samples(int from, int to) {
            Shape own = new Shape(to - from, shape.places, shape.channels, shape.pitch, shape.tasks, 0);
            float[] rows = new float[own.gradients()];
            for (int t = 0; t < shape.tasks; t++) {
                System.arraycopy(gradients, t * shape.taskStride() + from * shape.sampleElements(), rows,
                        t * own.taskStride(), own.tensor());
            }
            return new Given(own, Arrays.copyOfRange(representation, from * shape.sampleElements(),
                    to * shape.sampleElements()), rows, leak, counts);
        }

        float gradient(int t, int n, int e) {
            return gradients[t * shape.taskStride() + shape.at(n, e)];
        }
    }

    /** What the launch must give, and by how much it may miss. */
    private static final class Twin {
        final double[] combined;
        final double[] scale;
        /** Elements at which a comparison lies within rounding of a tie. */
        final boolean[] tied;
        final double[] passed;
        final double[] squares;
        final double[] passedByTies;

        Twin(Given given) {
            Shape shape = given.shape;
            combined = new double[shape.tensor()];
            scale = new double[shape.tensor()];
            tied = new boolean[shape.places * shape.channels];
            passed = new double[shape.tasks];
            squares = new double[shape.tasks];
            passedByTies = new double[shape.tasks];
            for (int e = 0; e < tied.length; e++) {
                element(given, e);
            }
        }

        private void element(Given given, int e) {
            Shape shape = given.shape;
            double[] sums = new double[shape.tasks];
            double total = 0;
            double size = 0;
            double magnitudes = 0;
            for (int t = 0; t < shape.tasks; t++) {
                double magnitude = 0;
                for (int n = 0; n < shape.samples && given.counts[t] > 0; n++) {
                    double term = Math.signum(given.representation[shape.at(n, e)]) * given.gradient(t, n, e);
                    sums[t] += term;
                    magnitude += Math.abs(term);
                }
                // a sum of two has its sign whatever its rounding; one of several bf16 is exact where it is 0
                tied[e] |= shape.samples > 2 && sums[t] != 0
                        && Math.abs(sums[t]) <= shape.samples * Numbers.UNIT * magnitude;
                total += sums[t];
                size += Math.abs(sums[t]);
                magnitudes += magnitude;
            }
            double purity = (1 + (size > 0 ? total / size : 0)) / 2;
            double drawn = (Philox.word(e, STREAM, STEP, SEED) + 0.5) * 0x1p-32;
            // two sums of floats over samples and tasks, each of whose roundings is one of the whole
            double rounding = 2.0 * (shape.samples + shape.tasks) * Numbers.UNIT * magnitudes;
            tied[e] |= size > 0 && Math.abs(purity - drawn) * size <= rounding;
            for (int t = 0; t < shape.tasks; t++) {
                boolean passes = purity > drawn && sums[t] > 0 || purity < drawn && sums[t] < 0;
                double factor = passes ? 1 : given.leak[t];
                for (int n = 0; n < shape.samples && given.counts[t] > 0; n++) {
                    double gradient = given.gradient(t, n, e);
                    combined[shape.at(n, e)] += factor * gradient;
                    scale[shape.at(n, e)] += factor * Math.abs(gradient);
                    passed[t] += factor * gradient * gradient;
                    squares[t] += gradient * gradient;
                    passedByTies[t] += tied[e] ? gradient * gradient : 0;
                }
            }
        }
    }

    /** What a launch gave. */
    private record Found(float[] combined, double[] coefficients, double[] gram) {}

    private static Found launch(KernelRun run, Element element, Given given, int blocks) {
        Shape shape = given.shape;
        Array combined = element.output(run, shape.tensor());
        Array partials = run.output(2L * blocks * shape.tasks);
        Array coefficients = run.doubles(new double[shape.tasks]);
        double[] rest = new double[shape.tasks * shape.tasks];
        Arrays.fill(rest, 9);
        Array gram = run.doubles(rest);
        run.launch("drop", element.kernel("drop_signs"), blocks, element.array(run, given.representation),
                element.array(run, given.gradients), combined, partials, shape.samples, shape.places, shape.channels,
                shape.pitch, shape.tasks, (long) shape.taskStride(), run.doubles(given.leak), run.ints(given.counts),
                SEED, run.longs(STEP, 5, 6, 7));
        run.launch("drop", "drop_finish", 1 + blocks % 2, partials, blocks, coefficients, gram, shape.tasks);
        return new Found(element.values(combined), coefficients.doubles(), gram.doubles());
    }

    /** The same by two ranks, of which the first has that many of the samples. */
    private static Found launchByRanks(KernelRun run, Element element, Given given, int blocks, int first) {
        Shape shape = given.shape;
        List<Given> parts = List.of(given.samples(0, first), given.samples(first, shape.samples));
        long count = (long) shape.tasks * shape.places * shape.channels;
        List<Array> sums = parts.stream().map(part -> {
            Array own = run.output(count);
            run.launch("drop", element.kernel("drop_sums"), blocks, element.array(run, part.representation),
                    element.array(run, part.gradients), own, part.shape.samples, shape.places, shape.channels,
                    shape.pitch, shape.tasks, (long) part.shape.taskStride(), run.ints(given.counts));
            return own;
        }).toList();
        Array all = run.output(count);
        run.launch("elementwise", "add", blocks, sums.getFirst(), sums.getLast(), all, count);
        Array[] partials = new Array[2];
        float[] combined = new float[0];
        for (int i = 0; i < 2; i++) {
            Given part = parts.get(i);
            Array own = element.output(run, part.shape.tensor());
            partials[i] = run.output(2L * blocks * shape.tasks);
            run.launch("drop", element.kernel("drop_signs_by_sums"), blocks, element.array(run, part.gradients), all,
                    own, partials[i], part.shape.samples, shape.places, shape.channels, shape.pitch, shape.tasks,
                    (long) part.shape.taskStride(), run.doubles(given.leak), run.ints(given.counts), SEED,
                    run.longs(STEP, 5, 6, 7));
            float[] values = element.values(own);
            combined = Arrays.copyOf(combined, combined.length + values.length);
            System.arraycopy(values, 0, combined, combined.length - values.length, values.length);
        }
        Array squares = run.output(2L * blocks * shape.tasks);
        run.launch("elementwise", "add", 1, partials[0], partials[1], squares, 2L * blocks * shape.tasks);
        Array coefficients = run.doubles(new double[shape.tasks]);
        Array gram = run.doubles(new double[shape.tasks * shape.tasks]);
        run.launch("drop", "drop_finish", 1 + blocks % 2, squares, blocks, coefficients, gram, shape.tasks);
        return new Found(combined, coefficients.doubles(), gram.doubles());
    }

    private static void check(Way way, Element element, Given given, int blocks) {
        try (KernelRun run = new KernelRun(way)) {
            check(element, given, launch(run, element, given, blocks));
        }
    }

    private static void check(Element element, Given given, Found found) {
        Shape shape = given.shape;
        Twin twin = new Twin(given);
        int ties = 0;
        for (int e = 0; e < twin.tied.length; e++) {
            ties += twin.tied[e] ? 1 : 0;
            for (int n = 0; n < shape.samples && !twin.tied[e]; n++) {
                int at = shape.at(n, e);
                // a factor's rounding, its product's, and a sum for each task
                assertEquals(twin.combined[at], found.combined[at], (2 + shape.tasks + element.units()) * Numbers.UNIT
                        * twin.scale[at], () -> shape + ", element " + at);
            }
        }
        assertTrue(ties <= 1 + twin.tied.length / 1000, ties + " ties of " + shape);
        for (int i = 0; i < found.combined.length; i++) {
            if (i % shape.pitch >= shape.channels) {
                assertEquals(0f, found.combined[i], shape + ", padding at " + i);
            }
        }
        for (int t = 0; t < shape.tasks; t++) {
            // some hundred terms go into a float before anything coarser adds them
            double square = twin.squares[t];
            double rounding = 300 * Numbers.UNIT * square;
            assertEquals(square, found.gram[t * shape.tasks + t], rounding, shape + ", square of task " + t);
            assertEquals(square == 0 ? 0 : twin.passed[t] / square, found.coefficients[t], square == 0 ? 0
                    : 2 * (rounding + twin.passedByTies[t]) / square, shape + ", weight of task " + t);
            for (int k = 0; k < shape.tasks; k++) {
                assertTrue(k == t || found.gram[t * shape.tasks + k] == 0, "a product of tasks " + t + " and " + k);
            }
        }
    }

    @EachWay
    void gradientsOfOneSignPassByChanceAndAShareOfTheOthers(Way way) {
        int[] samples = {1, 2, 3, 4, 5, 7, 8, 13};
        int[] places = {1, 3, 63, 64, 65, 257};
        for (Element element : Element.values()) {
            for (int tasks : new int[] {1, 2, 3, 4, 5, 8, 11, 31, MOST_TASKS}) {
                for (int i = 0; i < samples.length; i++) {
                    int place = places[(tasks + i) % places.length];
                    check(way, element, Given.of(element, new Shape(samples[i], place, 4 + i % 2 * 12, 16 + i % 2 * 8,
                            tasks, 0), tasks + i), KernelRun.grid(way, tasks + i));
                }
            }
        }
    }

    @EachWay
    void channelsOfAnyNumberAndPitchAreDropped(Way way) {
        int[][] channels = {{1, 1}, {1, 8}, {3, 3}, {3, 4}, {4, 4}, {5, 8}, {6, 6}, {8, 8}, {8, 9}, {12, 16}, {13, 16},
            {20, 24}, {1030, 1032}, {1028, 1028}};
        for (Element element : Element.values()) {
            for (int[] wide : channels) {
                for (int blocks : KernelRun.grids(way)) {
                    int places = wide[0] > 1000 ? 2 : 37;
                    check(way, element, Given.of(element, new Shape(2, places, wide[0], wide[1], 3, 0), wide[0]),
                            blocks);
                    check(way, element, Given.of(element, new Shape(3, places, wide[0], wide[1], 2, 5), wide[1]),
                            blocks);
                }
            }
        }
    }

    @EachWay
    void ranksThatAddTheirSumsUpLetThroughWhatOneOfAllSamplesDoes(Way way) {
        for (Element element : Element.values()) {
            for (Shape shape : List.of(new Shape(2, 37, 3, 4, 2, 0), new Shape(3, 65, 8, 8, 5, 0),
                    new Shape(7, 20, 12, 16, 1, 0), new Shape(5, 9, 5, 5, MOST_TASKS, 0))) {
                Given given = Given.of(element, shape, shape.tasks);
                given.counts[shape.tasks - 1] = shape.tasks > 1 ? 0 : 1;
                try (KernelRun run = new KernelRun(way)) {
                    check(element, given, launchByRanks(run, element, given, KernelRun.grid(way, shape.tasks),
                            1 + shape.samples / 3));
                }
            }
        }
    }

    @EachWay
    void realSizes(Way way) {
        for (Element element : Element.values()) {
            check(way, element, Given.of(element, new Shape(2, KernelRun.slow(way) ? 400 : 1600, 64, 64, 3, 0), 3), 5);
            check(way, element, Given.of(element, new Shape(9, 100, 48, 48, MOST_TASKS, 64), 4), 3);
        }
    }

    @EachWay
    void anAbsentTaskTakesNoPart(Way way) {
        for (Element element : Element.values()) {
            for (int tasks : new int[] {1, 3, 6}) {
                Given given = Given.of(element, new Shape(3, 50, 8, 8, tasks, 0), tasks);
                given.counts[tasks / 2] = 0;
                check(way, element, given, 3);
                Arrays.fill(given.counts, 0);
                check(way, element, given, 3);
            }
        }
    }

    @EachWay
    void withALeakOfOneAllGradientsAreAddedUp(Way way) {
        for (Element element : Element.values()) {
            Given given = Given.of(element, new Shape(2, 60, 8, 8, 5, 0), 1);
            Arrays.fill(given.leak, 1);
            try (KernelRun run = new KernelRun(way)) {
                Found found = launch(run, element, given, 3);
                Array sum = element.output(run, given.shape.tensor());
                run.launch("elementwise", element.kernel("sum_tasks"), 3, element.array(run, given.gradients), sum, 1L,
                        given.shape.tensor(), 5, (long) given.shape.taskStride(), (long) given.shape.tensor(),
                        (long) given.shape.tensor());
                assertArrayEquals(element.values(sum), found.combined);
                for (double coefficient : found.coefficients) {
                    assertEquals(1, coefficient, "of the same terms in the same order");
                }
            }
        }
    }

    @EachWay
    void aLoneTasksGradientPassesWhereTheRepresentationHasASign(Way way) {
        for (Element element : Element.values()) {
            Given given = Given.of(element, new Shape(1, 60, 8, 8, 1, 0), 1);
            float[] expected = given.gradients.clone();
            for (int i = 0; i < expected.length; i++) {
                expected[i] = given.representation[i] == 0 ? 0 : expected[i];
            }
            try (KernelRun run = new KernelRun(way)) {
                float[] found = launch(run, element, given, 3).combined;
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], found[i] + 0f, "element " + i);
                }
            }
        }
    }

    @EachWay
    void whatIsNotFiniteShowsInItsElementAndItsTasksSquare(Way way) {
        for (Element element : Element.values()) {
            Given given = Given.of(element, new Shape(2, 60, 8, 8, 3, 0), 1);
            given.gradients[given.shape.taskStride() + 77] = Float.NaN;
            try (KernelRun run = new KernelRun(way)) {
                Found found = launch(run, element, given, 3);
                for (int i = 0; i < found.combined.length; i++) {
                    assertEquals(i == 77, Float.isNaN(found.combined[i]), "element " + i);
                }
                for (int t = 0; t < 3; t++) {
                    assertEquals(t != 1, Double.isFinite(found.gram[t * 3 + t]));
                    assertEquals(t != 1, Double.isFinite(found.coefficients[t]));
                }
            }
        }
    }

    @EachWay
    void aStepDrawsItsOwnNumbersAndARunTheSame(Way way) {
        Given given = Given.of(Element.FLOAT32, new Shape(2, 60, 8, 8, 3, 0), 1);
        try (KernelRun run = new KernelRun(way)) {
            Found first = launch(run, Element.FLOAT32, given, 7);
            Found second = launch(run, Element.FLOAT32, given, 7);
            assertArrayEquals(first.combined, second.combined);
            assertArrayEquals(first.coefficients, second.coefficients);
            assertArrayEquals(first.gram, second.gram);
            Array next = run.output(given.shape.tensor());
            run.launch("drop", "drop_signs", 7, run.floats(given.representation), run.floats(given.gradients), next,
                    run.output(2L * 7 * 3), 2, 60, 8, 8, 3, (long) given.shape.taskStride(), run.doubles(given.leak),
                    run.ints(given.counts), SEED, run.longs(STEP + 1, 5, 6, 7));
            assertFalse(Arrays.equals(first.combined, next.floats()));
        }
    }
}
