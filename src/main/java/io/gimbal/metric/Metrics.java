package io.gimbal.metric;

import io.gimbal.data.Field;

/** Chooses the metric that belongs to a task. */
public final class Metrics {
    private Metrics() { }

    /**
     * The papers' metric where there is one: IoU and accuracy for classes of pixels, accuracy for those of images, RMSE
     * and relative error for {@linkplain Field#isDepth depth}, angles for three-channel cosine losses and for
     * {@linkplain Field#isVectors vectors}, accuracy for binary cross entropy, else mean absolute and squared errors.
     *
     * <p>Points need the images' size: {@link #of(Field, String, int, int)}.
     *
     * @param field the labels
     * @param loss  the task's loss, as configurations name it
     */
    public static Metric of(Field field, String loss) {
        if (field.kind() == Field.Kind.CLASSES) {
            return new ClassMetric(field.classes(), (int) field.ignore(), !field.wholeImage());
        }
        if (field.isVectors() || field.channels() == 3 && loss.equals("cosine")) {
            return new NormalMetric(field.ignore());
        }
        if (loss.equals("binary_cross_entropy")) {
            return new BinaryMetric(field.channels(), field.ignore());
        }
        if (field.isDepth()) {
            return new DepthMetric(field.ignore());
        }
        return new ErrorMetric(field.channels(), field.ignore());
    }

    /**
     * The same; of points, how far they are found from where they are.
     *
     * @param height rows of an image
     * @param width  columns of an image
     */
    public static Metric of(Field field, String loss, int height, int width) {
        return field.kind() == Field.Kind.POINTS ? new PointMetric(field.channels(), height, width, field.ignore())
                : of(field, loss);
    }
}
