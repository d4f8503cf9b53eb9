package io.gimbal.metric;

import io.gimbal.device.ThreadConfinement;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Depth p against d, over all n labelled pixels of the whole set at once (Eigen, Puhrsch, Fergus, NeurIPS 2014):
 *
 * <ul>
 *   <li>RMSE, metres: sqrt(sum (p - d)^2 / n). The best constant is the mean depth.</li>
 *   <li>relative error: sum |p - d| / d / n. The best constant is the median depth with weights 1 / d, known to 0.05
 *       %.</li>
 * </ul>
 *
 * <p>A NaN among the predictions makes both figures NaN. Labels that are not positive and finite count as unlabelled.
 */
public final class DepthMetric implements Metric {
    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private final float ignore;
    private final FloatHistogram histogram = new FloatHistogram();
    private long count;
    private double mean;
    private double centredSquares;
    private double squaredErrors;
    private double relativeErrors;

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
            double error = (double) prediction.get(place) - depth;
            squaredErrors += error * error;
            relativeErrors += Math.abs(error) / depth;
            count++;
            double off = depth - mean;
            mean += off / count;
            centredSquares += off * (depth - mean);
            histogram.add(depth, 1.0 / depth);
        }
    }

    @Override
    public List<Score> scores() {
        confinement.require();
        double all = count == 0 ? Double.NaN : count;
        double middle = histogram.median();
        return List.of(new Score("RMSE", "m", Math.sqrt(squaredErrors / all), Math.sqrt(centredSquares / all), false),
                new Score("relative error", "", relativeErrors / all, histogram.absoluteDeviations(middle) / all,
                        false));
    }

    @Override
    public void reset() {
        confinement.require();
        histogram.reset();
        count = 0;
        mean = 0;
        centredSquares = 0;
        squaredErrors = 0;
        relativeErrors = 0;
    }
}
