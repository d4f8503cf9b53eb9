package io.gimbal.metric;

import io.gimbal.data.Field;

/** Chooses the metric that belongs to a task. */
public final class Metrics {
    private Metrics() { }

    /**
     * The papers' metric where there is one: IoU and accuracy for classes, RMSE and relative error for "depth", angles
     * for three-channel cosine losses and for "normals", accuracy for binary cross entropy, else mean absolute and
     * squared errors.
     *
     * @param field the labels
     * @param loss  the task's loss, as configurations name it
     */
    public static Metric of(Field field, String loss) {
        if (field.kind() == Field.Kind.CLASSES) {
            return new ClassMetric(field.classes(), (int) field.ignore(), true);
        }
        if (field.channels() == 3 && (loss.equals("cosine") || field.name().equals("normals"))) {
            return new NormalMetric(field.ignore());
        }
        if (loss.equals("binary_cross_entropy")) {
            return new BinaryMetric(field.channels(), field.ignore());
        }
        if (field.name().equals("depth") && field.channels() == 1) {
            return new DepthMetric(field.ignore());
        }
        return new ErrorMetric(field.channels(), field.ignore());
    }
}
