package io.gimbal.metric;

import io.gimbal.data.Field;
import io.gimbal.device.ThreadConfinement;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * {@linkplain Field.Kind#COORDINATES Coordinates} of points. An image's error is the mean, over its points, of the
 * distance between prediction and label, divided by the distance of the label's two points that the field {@linkplain
 * Field#between names}, as of the eyes (Zhang et al., ECCV 2014), or by the image's diagonal where it names none. All
 * distances are in pixels of the finished image.
 *
 * <ul>
 *   <li>keypoint error, in %: the mean over labelled images</li>
 *   <li>failure rate, in %: images whose error is above 10 %</li>
 * </ul>
 *
 * <p>An image in whose label both points lie at one place has no figure, and is left out. Predictions with a NaN make
 * the keypoint error NaN and are failures. The best constant is each point's mean place, which is nearly the best of
 * both figures; to know its errors, labels are kept: 8 bytes a point and image.
 */
public final class LandmarkMetric implements Metric {
    private static final double FAILURE = 0.1;

    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private final Field field;
    private final int height;
    private final int width;
    private final List<float[]> labels = new ArrayList<>();
    private final double[] sums;
    private double errors;
    private long failures;

    /**
     * Has seen nothing yet.
     *
     * @param field  of coordinates
     * @param height rows of an image
     * @param width  columns of an image
     */
    public LandmarkMetric(Field field, int height, int width) {
        if (field.kind() != Field.Kind.COORDINATES) {
            throw new IllegalArgumentException(field + " has no coordinates");
        }
        this.field = field;
        this.height = height;
        this.width = width;
        this.sums = new double[field.channels()];
    }

    /** Of each channel of an image. */
    private interface Values {
        double at(int channel);
    }

    @Override
    public void add(FloatBuffer prediction, ByteBuffer target, long images) {
        confinement.require();
        int channels = field.channels();
        Labels.check(prediction, channels, target, channels, images);
        for (int image = 0; image < images; image++) {
            if (!Labels.unlabelled(target, image, channels, field.ignore())) {
                float[] label = new float[channels];
                for (int c = 0; c < channels; c++) {
                    label[c] = target.getFloat(Float.BYTES * (image * channels + c));
                }
                int first = image * channels;
                add(label, channel -> prediction.get(first + channel));
            }
        }
    }

    private void add(float[] label, Values prediction) {
        if (unit(label) == 0) {
            return;
        }
        labels.add(label);
        for (int c = 0; c < label.length; c++) {
            sums[c] += label[c];
        }
        double error = error(label, prediction);
        errors += error;
        failures += failed(error) ? 1 : 0;
    }

    /** Not below the bound, so that NaN is one, too. */
    private static boolean failed(double error) {
        return !(error <= FAILURE);
    }

    /** What distances are divided by. */
    private double unit(float[] label) {
        if (field.between().isEmpty()) {
            return Math.hypot(height, width);
        }
        int other = field.between().getLast();
        return distance(label, field.between().getFirst(), label[2 * other], label[2 * other + 1]);
    }

    private double error(float[] label, Values prediction) {
        double sum = 0;
        for (int point = 0; point < field.parts(); point++) {
            sum += distance(label, point, prediction.at(2 * point), prediction.at(2 * point + 1));
        }
        return sum / field.parts() / unit(label);
    }

    /** In pixels. */
    private double distance(float[] label, int point, double x, double y) {
        return Math.hypot((x - label[2 * point]) * width, (y - label[2 * point + 1]) * height);
    }

    @Override
    public List<Score> scores() {
        confinement.require();
        double all = labels.isEmpty() ? Double.NaN : labels.size();
        double constantErrors = 0;
        long constantFailures = 0;
        for (float[] label : labels) {
            double error = error(label, channel -> sums[channel] / all);
            constantErrors += error;
            constantFailures += failed(error) ? 1 : 0;
        }
        return List.of(new Score("keypoint error", "%", 100 * errors / all, 100 * constantErrors / all, false),
                new Score("failure rate", "%", 100 * failures / all, 100 * constantFailures / all, false));
    }

    @Override
    public void reset() {
        confinement.require();
        labels.clear();
        java.util.Arrays.fill(sums, 0);
        errors = 0;
        failures = 0;
    }
}
