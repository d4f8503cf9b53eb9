package io.gimbal.metric;

import io.gimbal.data.Field;
import io.gimbal.loss.Loss;

/** Chooses the metric that belongs to a task. */
public final class Metrics {
    private Metrics() { }

    /**
     * The papers' metric where there is one: IoU and accuracy for classes of pixels, accuracy for those of images, RMSE
     * and relative error for {@linkplain Field#isDepth depth}, angles for three-channel {@linkplain
     * Loss#ofDirections losses of directions} and for {@linkplain Field#isVectors vectors}, accuracy for {@linkplain
     * Loss#ofLogits logits}, else mean absolute and squared errors.
     *
     * <p>Points need the images' size: {@link #of(Field, Loss, int, int)}.
     *
     * @param field the labels
     * @param loss  the task's loss
     * @return a metric that has seen nothing yet
     */
    public static Metric of(Field field, Loss loss) {
        if (field.kind() == Field.Kind.CLASSES) {
            return new ClassMetric(field.classes(), (int) field.ignore(), !field.wholeImage());
        }
        if (field.isVectors() || field.channels() == 3 && loss.ofDirections()) {
            return new NormalMetric(field.ignore());
        }
        if (loss.ofLogits()) {
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
     * @param field  the labels
     * @param loss   the task's loss
     * @param height rows of an image
     * @param width  columns of an image
     * @return a metric that has seen nothing yet
     */
    public static Metric of(Field field, Loss loss, int height, int width) {
        return field.kind() == Field.Kind.POINTS ? new PointMetric(field.channels(), height, width, field.ignore())
                : of(field, loss);
    }
}
