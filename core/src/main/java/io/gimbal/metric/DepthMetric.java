package io.gimbal.metric;

import io.gimbal.device.ThreadConfinement;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Depth p against d, over all n labelled pixels of the whole set at once (Eigen, Puhrsch, Fergus, NeurIPS 2014;
 * "absolute error" as <a href="https://arxiv.org/abs/1803.10704">arXiv 1803.10704</a> has it):
 *
 * <ul>
 *   <li>RMSE, metres: sqrt(sum (p - d)^2 / n). The best constant is the mean depth.</li>
 *   <li>relative error: sum |p - d| / d / n. The best constant is the median depth with weights 1 / d, known to 0.05
 *       %.</li>
 *   <li>absolute error, metres: sum |p - d| / n. The best constant is the median depth, known to 0.05 %.</li>
 *   <li>log RMSE: sqrt(sum (ln p - ln d)^2 / n), where a p of less than 1e-9 counts as 1e-9. The best constant is the
 *       geometric mean, known to 0.05 %.</li>
 *   <li>delta 1.25^k for k = 1, 2, 3, %: the share of pixels with max(p / d, d / p) &lt; 1.25^k. The best constant
 *       is the one with the most depths round it, known to 0.05 %.</li>
 * </ul>
 *
 * <p>A NaN among the predictions makes the errors NaN and is outside all shares. Labels that are not positive and
 * finite count as unlabelled.
 */
public final class DepthMetric implements Metric {
    private static final double PERCENT = 100;
    private static final double LEAST = 1e-9;
    private static final double[] RATIOS = {1.25, 1.25 * 1.25, 1.25 * 1.25 * 1.25};
    private static final String[] RATIO_NAMES = {"delta 1.25", "delta 1.25^2", "delta 1.25^3"};

    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private final float ignore;
    private final FloatHistogram depths = new FloatHistogram();
    private final long[] within = new long[RATIOS.length];
    private long count;
    private double mean;
    private double centredSquares;
    private double squaredErrors;
    private double relativeErrors;
    private double absoluteErrors;
    private double squaredLogarithmicErrors;

    /**
     * Has seen nothing yet.
     *
     * @param ignore the depth of unlabelled pixels
     */
    public DepthMetric(float ignore) {
        this.ignore = ignore;
    }

    @Override
    public void add(FloatBuffer prediction, ByteBuffer target, long places) {
        confinement.require();
        Labels.check(prediction, 1, target, 1, places);
        for (int place = 0; place < places; place++) {
            float depth = target.getFloat(4 * place);
            if (depth == ignore || !(depth > 0) || depth == Float.POSITIVE_INFINITY) {
                continue;
            }
            addErrors(prediction.get(place), depth);
            addLabel(depth);
        }
    }

    private void addErrors(double predicted, double depth) {
        double error = predicted - depth;
        squaredErrors += error * error;
        relativeErrors += Math.abs(error) / depth;
        absoluteErrors += Math.abs(error);
        double logarithmic = Math.log(Math.max(predicted, LEAST) / depth);
        squaredLogarithmicErrors += logarithmic * logarithmic;
        double ratio = Math.max(predicted / depth, depth / Math.max(predicted, 0));
        for (int i = 0; i < within.length; i++) {
            within[i] += ratio < RATIOS[i] ? 1 : 0;
        }
    }

    private void addLabel(float depth) {
        count++;
        double off = depth - mean;
        mean += off / count;
        centredSquares += off * (depth - mean);
        depths.add(depth, 1);
    }

    @Override
    public List<Score> scores() {
        confinement.require();
        double all = count == 0 ? Double.NaN : count;
        List<Score> scores = new ArrayList<>();
        scores.add(new Score("RMSE", "m", Math.sqrt(squaredErrors / all), Math.sqrt(centredSquares / all), false));
        double relative = depths.median(depth -> 1 / depth);
        scores.add(new Score("relative error", "", relativeErrors / all, depths.sum(depth -> Math.abs(depth - relative)
                / depth) / all, false));
        scores.add(new Score("absolute error", "m", absoluteErrors / all, depths.absoluteDeviations(depths.median())
                / all, false));
        double logarithm = depths.sum(Math::log) / all;
        scores.add(new Score("log RMSE", "", Math.sqrt(squaredLogarithmicErrors / all), Math.sqrt(depths.sum(
                depth -> (Math.log(depth) - logarithm) * (Math.log(depth) - logarithm)) / all), false));
        for (int i = 0; i < RATIOS.length; i++) {
            scores.add(new Score(RATIO_NAMES[i], "%", PERCENT * within[i] / all, PERCENT * depths.mostWithin(RATIOS[i]
                    * RATIOS[i]) / all, true));
        }
        return scores;
    }

    @Override
    public void reset() {
        confinement.require();
        depths.reset();
        Arrays.fill(within, 0);
        count = 0;
        mean = 0;
        centredSquares = 0;
        squaredErrors = 0;
        relativeErrors = 0;
        absoluteErrors = 0;
        squaredLogarithmicErrors = 0;
    }
}
