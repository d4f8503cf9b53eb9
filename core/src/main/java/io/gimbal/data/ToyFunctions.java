package io.gimbal.data;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/**
 * GradNorm's toy problem (<a href="https://arxiv.org/abs/1711.02257">arXiv 1711.02257</a>, section 4): functions of one
 * input that have much in common and differ in scale, {@code f_i(x) = s_i tanh((B + E_i) x)}, x of 250 values, f of
 * 100, B and E_i constant matrices of normal numbers of mean 0 and variances 10 and 3.5. Fields: {@code t0}, {@code t1}
 * and so on. The paper does not say what x are; here they are normal numbers brought to length 1, since the functions
 * are saturated for longer ones. A sample is a function of the seed and its number; each is kept once it was made.
 */
public final class ToyFunctions implements DataSet {
    /** Values of an input. */
    public static final int INPUTS = 250;
    /** Values of a function. */
    public static final int OUTPUTS = 100;

    private static final double SHARED_DEVIATION = Math.sqrt(10);
    private static final double OWN_DEVIATION = Math.sqrt(3.5);
    private static final long MOST_BYTES = 1L << 30;
    /** Functions and inputs are of sequences of their own. */
    private static final long FUNCTIONS = 1;
    private static final long EXAMPLES = 2;

    private final long seed;
    private final long inputs;
    private final List<Double> scales;
    private final List<Field> fields;
    /** By function: rows of outputs. */
    private final float[][] matrices;
    private final AtomicReferenceArray<float[]> samples;

    /**
     * Makes the functions; samples are made when they are asked for.
     *
     * @param seed   of the functions
     * @param inputs tells one sequence of inputs from another
     * @param count  how many samples there are, at least 1
     * @param scales s_i, one a function
     * @throws UserException if all samples take more than 1 GiB
     */
    public ToyFunctions(long seed, long inputs, int count, List<Double> scales) {
        long bytes = Float.BYTES * (INPUTS + (long) OUTPUTS * scales.size()) * count;
        if (bytes > MOST_BYTES) {
            throw new UserException(count + " samples of " + scales.size() + " functions take " + bytes
                    + " bytes, and are kept in memory; at most " + MOST_BYTES + ": take fewer");
        }
        this.seed = seed;
        this.inputs = inputs;
        this.scales = List.copyOf(scales);
        fields = IntStream.range(0, scales.size()).mapToObj(i -> Field.ofValues("t" + i, OUTPUTS, -1)).toList();
        samples = new AtomicReferenceArray<>(count);
        matrices = new float[scales.size()][OUTPUTS * INPUTS];
        Randomness shared = new Randomness(FUNCTIONS, seed);
        Randomness[] own = IntStream.range(0, scales.size()).mapToObj(i -> new Randomness(FUNCTIONS, seed, i))
                .toArray(Randomness[]::new);
        for (int at = 0; at < OUTPUTS * INPUTS; at++) {
            double common = SHARED_DEVIATION * normal(shared);
            for (int i = 0; i < matrices.length; i++) {
                matrices[i][at] = (float) (common + OWN_DEVIATION * normal(own[i]));
            }
        }
    }

    /** By Box and Muller (1958), whose functions are the same on every machine. */
    private static double normal(Randomness random) {
        return StrictMath.sqrt(-2 * StrictMath.log(1 - random.uniform(0, 1)))
                * StrictMath.cos(2 * Math.PI * random.uniform(0, 1));
    }

    @Override
    public int size() {
        return samples.length();
    }

    @Override
    public int height() {
        return 1;
    }

    @Override
    public int width() {
        return 1;
    }

    @Override
    public int channels() {
        return INPUTS;
    }

    @Override
    public List<Field> fields() {
        return fields;
    }

    @Override
    public String origin() {
        return "the toy functions of seed " + seed;
    }

    @Override
    public DataIdentity identity() {
        return DataIdentity.of(size(), List.of(seed, inputs, scales));
    }

    @Override
    public void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
        float[] sample = sample(index);
        image.put(0, sample, 0, INPUTS);
        targets.forEach((name, values) -> {
            int from = INPUTS + OUTPUTS * fields.indexOf(field(name));
            for (int k = 0; k < OUTPUTS; k++) {
                values.putFloat(k * Float.BYTES, sample[from + k]);
            }
        });
    }

    /** Whoever makes it makes the same. */
    private float[] sample(int index) {
        float[] kept = samples.get(index);
        if (kept == null) {
            kept = made(index);
            samples.set(index, kept);
        }
        return kept;
    }

    private float[] made(int index) {
        float[] sample = new float[INPUTS + OUTPUTS * matrices.length];
        Randomness random = new Randomness(EXAMPLES, seed, inputs, index);
        double[] x = new double[INPUTS];
        double squares = 0;
        for (int k = 0; k < INPUTS; k++) {
            x[k] = normal(random);
            squares += x[k] * x[k];
        }
        for (int k = 0; k < INPUTS; k++) {
            sample[k] = (float) (x[k] / Math.sqrt(squares));
        }
        for (int i = 0; i < matrices.length; i++) {
            for (int row = 0; row < OUTPUTS; row++) {
                double sum = 0;
                for (int k = 0; k < INPUTS; k++) {
                    sum += (double) matrices[i][row * INPUTS + k] * sample[k];
                }
                sample[INPUTS + i * OUTPUTS + row] = (float) (scales.get(i) * StrictMath.tanh(sum));
            }
        }
        return sample;
    }
}
