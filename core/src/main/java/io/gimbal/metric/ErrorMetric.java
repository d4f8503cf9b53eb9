package io.gimbal.metric;

import io.gimbal.device.ThreadConfinement;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Real values p against t of any meaning, over every channel of all labelled places of the set:
 *
 * <ul>
 *   <li>MAE: sum |p - t| / n. The best constant is each channel's median, known to 0.05 % of itself.</li>
 *   <li>RMSE: sqrt(sum (p - t)^2 / n). The best constant is each channel's mean.</li>
 * </ul>
 *
 * <p>A NaN among the predictions, or among the labels of a labelled place, makes the figures NaN.
 */
public final class ErrorMetric implements Metric {
    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private final int channels;
    private final float ignore;
    private final List<FloatHistogram> histograms = new ArrayList<>();
    private final double[] means;
    private double centredSquares;
    private double absolute;
    private double squared;
    private long places;

    /**
     * Has seen nothing yet.
     *
     * @param channels values a place
     * @param ignore   the value of all channels of an unlabelled place
     */
    public ErrorMetric(int channels, float ignore) {
        this.channels = channels;
        this.ignore = ignore;
        this.means = new double[channels];
        for (int c = 0; c < channels; c++) {
            histograms.add(new FloatHistogram());
        }
    }

    @Override
    public void add(FloatBuffer prediction, ByteBuffer target, long count) {
        confinement.require();
        Labels.check(prediction, channels, target, channels, count);
        for (int place = 0; place < count; place++) {
            if (Labels.unlabelled(target, place, channels, ignore)) {
                continue;
            }
            places++;
            for (int c = 0; c < channels; c++) {
                float truth = target.getFloat(4 * (place * channels + c));
                double error = (double) prediction.get(place * channels + c) - truth;
                absolute += Math.abs(error);
                squared += error * error;
                double off = truth - means[c];
                means[c] += off / places;
                centredSquares += off * (truth - means[c]);
                if (Float.isFinite(truth)) {
                    histograms.get(c).add(truth, 1);
                }
            }
        }
    }

    @Override
    public List<Score> scores() {
        confinement.require();
        double all = places == 0 ? Double.NaN : (double) places * channels;
        double deviations = 0;
        for (FloatHistogram histogram : histograms) {
            deviations += histogram.absoluteDeviations(histogram.median());
        }
        return List.of(new Score("MAE", "", absolute / all, deviations / all, false),
                new Score("RMSE", "", Math.sqrt(squared / all), Math.sqrt(centredSquares / all), false));
    }

    @Override
    public void reset() {
        confinement.require();
        histograms.forEach(FloatHistogram::reset);
        java.util.Arrays.fill(means, 0);
        centredSquares = 0;
        absolute = 0;
        squared = 0;
        places = 0;
    }
}
