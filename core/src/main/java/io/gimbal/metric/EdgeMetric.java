package io.gimbal.metric;

import io.gimbal.device.ThreadConfinement;
import io.gimbal.picture.Thinning;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Edges as BSDS measures them (Martin, Fowlkes, Malik, PAMI 2004; Arbelaez, Maire, Fowlkes, Malik, PAMI 2011). At each
 * threshold of 0.01, 0.02, ..., 0.99 an image's pixels whose logit's sigmoid reaches it are thinned to lines of one
 * pixel and matched one to one with the truth's, which are thinned, too (that changes nothing of thin ones, but what
 * was enlarged has thick ones), no further apart than 0.0075 of the image's diagonal. Over all images:
 *
 * <ul>
 *   <li>odsF, %: the largest F = 2 P R / (P + R) over the thresholds, the same for all images, and straight between two
 *       of them; P is the matched part of what is predicted, R that of the truth, and 0 where there is none</li>
 *   <li>AP, %: the mean of P over R = 0, 0.01, ..., 1, straight between the thresholds' R and 0 beyond them</li>
 * </ul>
 *
 * <p>A target of at least one half is an edge. Unlabelled pixels take no part, neither as predictions nor as truth; a
 * NaN logit is no edge. The best constant is "an edge everywhere", thinned and matched as any prediction is, or "no
 * edge", which has 0, whichever is better.
 *
 * <p>An image takes up to a hundred matchings, which as many threads share as the common pool has. Needs {@link
 * #endImage}: places of an image that did not end count in nothing.
 */
public final class EdgeMetric implements Metric {
    /** Of an image's diagonal. */
    private static final double TOLERANCE = 0.0075;
    private static final int THRESHOLDS = 99;
    private static final float[] LOGITS = new float[THRESHOLDS];
    private static final byte UNLABELLED = -1;

    static {
        for (int i = 0; i < THRESHOLDS; i++) {
            double threshold = (i + 1) / (THRESHOLDS + 1.0);
            LOGITS[i] = (float) Math.log(threshold / (1 - threshold));
        }
    }

    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private final float ignore;

    /** Of the image under way: how many thresholds each pixel reaches, and where the truth has edges. */
    private byte[] levels = new byte[0];
    private byte[] truth = new byte[0];
    private int pixels;

    /** By threshold; the first is reached everywhere, as by the constant. */
    private final long[] matched = new long[THRESHOLDS + 1];
    private final long[] predicted = new long[THRESHOLDS + 1];
    private long trueEdges;
    private boolean labelled;

    /**
     * Has seen nothing yet.
     *
     * @param ignore the value of an unlabelled pixel
     */
    public EdgeMetric(float ignore) {
        this.ignore = ignore;
    }

    @Override
    public void add(FloatBuffer prediction, ByteBuffer target, long count) {
        confinement.require();
        Labels.check(prediction, 1, target, 1, count);
        int due = Math.toIntExact(pixels + count);
        if (due > levels.length) {
            levels = Arrays.copyOf(levels, Math.max(due, 2 * pixels));
            truth = Arrays.copyOf(truth, levels.length);
        }
        for (int place = 0; place < count; place++) {
            boolean counts = !Labels.unlabelled(target, place, 1, ignore);
            levels[pixels] = counts ? level(prediction.get(place)) : UNLABELLED;
            truth[pixels++] = (byte) (counts && target.getFloat(Float.BYTES * place) >= 0.5f ? 1 : 0);
        }
    }

    private static byte level(float logit) {
        if (Float.isNaN(logit)) {
            return 0;
        }
        // The search takes -0 for less than 0.
        int found = Arrays.binarySearch(LOGITS, logit + 0f);
        return (byte) (found >= 0 ? found + 1 : -found - 1);
    }

    /**
     * Matches the image.
     *
     * @throws IllegalArgumentException if not as many places were added
     */
    @Override
    public void endImage(int height, int width) {
        confinement.require();
        if ((long) height * width != pixels) {
            throw new IllegalArgumentException(pixels + " places are no image of " + width + " x " + height);
        }
        byte[] image = Arrays.copyOf(levels, pixels);
        byte[] edges = Arrays.copyOf(truth, pixels);
        pixels = 0;
        Thinning.thin(edges, height, width);
        EdgeMatching matching = new EdgeMatching(height, width, TOLERANCE * Math.hypot(height, width));
        boolean[] occurs = new boolean[THRESHOLDS + 1];
        for (int i = 0; i < image.length; i++) {
            trueEdges += edges[i];
            if (image[i] != UNLABELLED) {
                occurs[image[i]] = true;
                labelled = true;
            }
        }
        // Where no pixel stays behind, the next threshold's lines are the same.
        int[] changed = IntStream.rangeClosed(0, THRESHOLDS).filter(level -> level == 0 || occurs[level - 1]).toArray();
        List<Counts> counts = IntStream.of(changed).parallel().mapToObj(level -> counts(image, level, edges, height,
                width, matching)).toList();
        int last = -1;
        for (int level = 0; level <= THRESHOLDS; level++) {
            last += last + 1 < changed.length && changed[last + 1] == level ? 1 : 0;
            matched[level] += counts.get(last).matched;
            predicted[level] += counts.get(last).predicted;
        }
    }

    /** Of one image at one threshold. */
    private record Counts(int matched, int predicted) { }

    private static Counts counts(byte[] levels, int least, byte[] truth, int height, int width, EdgeMatching matching) {
        byte[] lines = new byte[levels.length];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = (byte) (levels[i] >= least ? 1 : 0);
        }
        Thinning.thin(lines, height, width);
        int predicted = 0;
        for (byte line : lines) {
            predicted += line;
        }
        return new Counts(matching.match(lines, truth).count(), predicted);
    }

    @Override
    public List<Score> scores() {
        confinement.require();
        PrecisionRecall curve = new PrecisionRecall(IntStream.rangeClosed(1, THRESHOLDS).mapToDouble(this::recall)
                .toArray(), IntStream.rangeClosed(1, THRESHOLDS).mapToDouble(this::precision).toArray());
        // A constant is an edge everywhere at the thresholds that it reaches, and nowhere at those above.
        PrecisionRecall constant = new PrecisionRecall(new double[] {recall(0), 0}, new double[] {precision(0), 0});
        return List.of(score("odsF", curve.largestF(), constant.largestF()),
                score("AP", curve.area(), constant.area()));
    }

    private double recall(int level) {
        return trueEdges == 0 ? 0 : (double) matched[level] / trueEdges;
    }

    private double precision(int level) {
        return predicted[level] == 0 ? 0 : (double) matched[level] / predicted[level];
    }

    private Score score(String name, double value, double constant) {
        return labelled ? new Score(name, "%", 100 * value, 100 * constant, true)
                : new Score(name, "%", Double.NaN, Double.NaN, true);
    }

    @Override
    public void reset() {
        confinement.require();
        pixels = 0;
        Arrays.fill(matched, 0);
        Arrays.fill(predicted, 0);
        trueEdges = 0;
        labelled = false;
    }
}
