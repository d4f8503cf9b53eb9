package io.gimbal.metric;

import io.gimbal.device.ThreadConfinement;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Yes-or-no maps of one channel, image by image, as the multi-task survey measures saliency (<a
 * href="https://arxiv.org/abs/2004.13379">arXiv 2004.13379</a>). At each of the thresholds 0.2, 0.25, ..., 0.9 on the
 * sigmoid of the logit, an image has its intersection over union (1 where neither has a yes), precision and recall (0
 * where there is nothing to divide by).
 *
 * <ul>
 *   <li>mIoU, %: the largest over the thresholds of the mean over the images of intersection over union</li>
 *   <li>maxF, %: the largest over the thresholds of 2 P R / (P + R), where P and R are means over the images</li>
 * </ul>
 *
 * <p>Unlabelled pixels count nowhere, and images without any label neither. A target is a yes from 0.5 on; a NaN logit
 * says no. The best constant is yes everywhere, or no everywhere.
 */
final class SaliencyMetric implements Metric {
    private static final double PERCENT = 100;
    private static final float POSITIVE = 0.5f;
    private static final int FIRST = 4;
    private static final int LAST = 18;
    private static final int STEPS_TO_ONE = 20;
    /** Above which a logit's sigmoid is above a threshold. */
    private static final double[] THRESHOLDS = logits();

    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private final float ignore;
    /** Of the image: how many pixels lie above so many thresholds, those whose label is no, and yes. */
    private final long[][] above = new long[2][THRESHOLDS.length + 1];
    private final double[] intersections = new double[THRESHOLDS.length];
    private final double[] precisions = new double[THRESHOLDS.length];
    private final double[] recalls = new double[THRESHOLDS.length];
    private double shares;
    private long withYes;
    private long images;

    /**
     * Has seen nothing yet.
     *
     * @param ignore the value of unlabelled pixels
     */
    SaliencyMetric(float ignore) {
        this.ignore = ignore;
    }

    private static double[] logits() {
        double[] logits = new double[LAST - FIRST + 1];
        for (int i = 0; i < logits.length; i++) {
            double share = (double) (FIRST + i) / STEPS_TO_ONE;
            logits[i] = Math.log(share / (1 - share));
        }
        return logits;
    }

    @Override
    public void add(FloatBuffer prediction, ByteBuffer target, long places) {
        confinement.require();
        Labels.check(prediction, 1, target, 1, places);
        for (int place = 0; place < places; place++) {
            if (!Labels.unlabelled(target, place, 1, ignore)) {
                above[target.getFloat(Float.BYTES * place) >= POSITIVE ? 1 : 0][passed(prediction.get(place))]++;
            }
        }
    }

    private static int passed(float logit) {
        int passed = 0;
        while (passed < THRESHOLDS.length && logit > THRESHOLDS[passed]) {
            passed++;
        }
        return passed;
    }

    @Override
    public void endImage(int height, int width) {
        confinement.require();
        long no = Arrays.stream(above[0]).sum();
        long yes = Arrays.stream(above[1]).sum();
        if (no + yes > 0) {
            addImage(yes);
            images++;
            withYes += yes > 0 ? 1 : 0;
            shares += (double) yes / (no + yes);
        }
        Arrays.fill(above[0], 0);
        Arrays.fill(above[1], 0);
    }

    private void addImage(long yes) {
        long rightly = 0;
        long wrongly = 0;
        for (int i = THRESHOLDS.length - 1; i >= 0; i--) {
            rightly += above[1][i + 1];
            wrongly += above[0][i + 1];
            long union = yes + wrongly;
            intersections[i] += union == 0 ? 1 : (double) rightly / union;
            precisions[i] += rightly == 0 ? 0 : (double) rightly / (rightly + wrongly);
            recalls[i] += rightly == 0 ? 0 : (double) rightly / yes;
        }
    }

    @Override
    public List<Score> scores() {
        confinement.require();
        double all = images == 0 ? Double.NaN : images;
        double intersection = Arrays.stream(intersections).max().orElseThrow() / all;
        double best = 0;
        for (int i = 0; i < THRESHOLDS.length; i++) {
            best = Math.max(best, harmonic(precisions[i] / all, recalls[i] / all));
        }
        double wholly = Math.max(shares, images - withYes) / all;
        return List.of(new Score("mIoU", "%", PERCENT * intersection, PERCENT * wholly, true),
                new Score("maxF", "%", PERCENT * (images == 0 ? Double.NaN : best),
                        PERCENT * harmonic(shares / all, withYes / all), true));
    }

    private static double harmonic(double precision, double recall) {
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    @Override
    public void reset() {
        confinement.require();
        Arrays.fill(above[0], 0);
        Arrays.fill(above[1], 0);
        Arrays.fill(intersections, 0);
        Arrays.fill(precisions, 0);
        Arrays.fill(recalls, 0);
        shares = 0;
        withYes = 0;
        images = 0;
    }
}
