package io.gimbal.metric;

import io.gimbal.device.ThreadConfinement;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Classes: the predicted class is that of the largest logit (the first of equal ones), against an {@code int32} class
 * number.
 *
 * <ul>
 *   <li>mIoU (dense labels only), %: the mean over classes of n_cc / (sum_j n_cj + sum_j n_jc - n_cc), where n_ij
 *       counts the places of class i taken for class j over the whole set (Everingham et al., PASCAL VOC, IJCV 2010;
 *       Long et al., CVPR 2015). Classes that occur neither in the labels nor in the predictions are left out of the
 *       mean.</li>
 *   <li>accuracy ("pixel accuracy" for dense labels), %: sum_c n_cc over all labelled places.</li>
 * </ul>
 *
 * <p>The best constant is the most frequent class, for both figures. A place with a NaN among its logits counts as
 * wrong: as taken for no class.
 */
public final class ClassMetric implements Metric {
    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private final int classes;
    private final int ignore;
    private final boolean dense;
    private final long[][] confusion;

    /**
     * Has seen nothing yet.
     *
     * @param classes how many there are, and how many logits a place has
     * @param ignore  the class number of unlabelled places
     * @param dense   whether places are pixels; flat labels have no IoU
     */
    public ClassMetric(int classes, int ignore, boolean dense) {
        this.classes = classes;
        this.ignore = ignore;
        this.dense = dense;
        this.confusion = new long[classes][classes + 1];
    }

    @Override
    public void add(FloatBuffer prediction, ByteBuffer target, long places) {
        confinement.require();
        Labels.check(prediction, classes, target, 1, places);
        for (int place = 0; place < places; place++) {
            int truth = target.getInt(4 * place);
            if (truth == ignore) {
                continue;
            }
            if (truth < 0 || truth >= classes) {
                throw new IllegalArgumentException("class number " + truth + " at place " + place + "; 0 to "
                        + (classes - 1)
                        + ", or " + ignore + " for no label, may stand there");
            }
            confusion[truth][largest(prediction, place * classes, classes)]++;
        }
    }

    /** The number of the largest of some floats, the first of equal ones; their count if one is NaN. */
    static int largest(FloatBuffer values, int from, int count) {
        int best = 0;
        float most = values.get(from);
        boolean unknown = Float.isNaN(most);
        for (int i = 1; i < count; i++) {
            float value = values.get(from + i);
            unknown |= Float.isNaN(value);
            if (value > most) {
                most = value;
                best = i;
            }
        }
        return unknown ? count : best;
    }

    @Override
    public List<Score> scores() {
        confinement.require();
        long[] truths = new long[classes];
        long[] guesses = new long[classes];
        long right = 0;
        long all = 0;
        for (int i = 0; i < classes; i++) {
            for (int j = 0; j <= classes; j++) {
                truths[i] += confusion[i][j];
                if (j < classes) {
                    guesses[j] += confusion[i][j];
                }
            }
            right += confusion[i][i];
            all += truths[i];
        }
        long most = Arrays.stream(truths).max().orElse(0);
        List<Score> scores = new ArrayList<>();
        if (dense) {
            long present = Arrays.stream(truths).filter(count -> count > 0).count();
            double constant = all == 0 ? Double.NaN : 100.0 * most / all / present;
            scores.add(new Score("mIoU", "%", 100 * meanIntersection(truths, guesses), constant, true));
        }
        scores.add(new Score(dense ? "pixel accuracy" : "accuracy", "%", percent(right, all), percent(most, all),
                true));
        return scores;
    }

    private double meanIntersection(long[] truths, long[] guesses) {
        double sum = 0;
        int present = 0;
        for (int i = 0; i < classes; i++) {
            long union = truths[i] + guesses[i] - confusion[i][i];
            if (union > 0) {
                sum += (double) confusion[i][i] / union;
                present++;
            }
        }
        return present == 0 ? Double.NaN : sum / present;
    }

    private static double percent(long part, long all) {
        return all == 0 ? Double.NaN : 100.0 * part / all;
    }

    @Override
    public void reset() {
        confinement.require();
        for (long[] row : confusion) {
            Arrays.fill(row, 0);
        }
    }
}
