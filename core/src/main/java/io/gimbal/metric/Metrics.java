package io.gimbal.metric;

import io.gimbal.data.Field;
import io.gimbal.loss.Loss;
import java.util.ArrayList;
import java.util.List;

/** Chooses the metric that belongs to a task. */
public final class Metrics {
    private Metrics() { }

    /**
     * The papers' metric where there is one, and then the task's loss: IoU and accuracy for classes of pixels, accuracy
     * for those of images, errors and ratios for {@linkplain Field#isDepth depth}, angles for three-channel {@linkplain
     * Loss#ofDirections losses of directions} and for {@linkplain Field#isVectors vectors}, accuracy for {@linkplain
     * Loss#ofLogits logits} and beside it, for maps of one channel, IoU and F-measure at the best threshold, how far
     * points, as heat maps or coordinates, are found from where they are, else mean absolute and squared errors.
     *
     * @param field  the labels
     * @param loss   the task's loss
     * @param height rows of an image
     * @param width  columns of an image
     * @return a metric that has seen nothing yet
     */
    public static Metric of(Field field, Loss loss, int height, int width) {
        List<Metric> metrics = new ArrayList<>();
        metrics.add(ofPapers(field, loss, height, width));
        boolean map = field.kind() == Field.Kind.VALUES || field.kind() == Field.Kind.EDGES;
        if (loss.ofLogits() && map && !field.wholeImage() && field.channels() == 1) {
            metrics.add(new SaliencyMetric(field.ignore()));
        }
        metrics.add(LossMetric.of(loss, field.channels(), field.ignore()));
        return new Several(List.copyOf(metrics));
    }

    private static Metric ofPapers(Field field, Loss loss, int height, int width) {
        if (field.kind() == Field.Kind.POINTS) {
            return new PointMetric(field.channels(), height, width, field.ignore());
        }
        if (field.kind() == Field.Kind.COORDINATES) {
            return new LandmarkMetric(field, height, width);
        }
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
     * The same, and behind it what takes so long that it is left out while a network is trained: of {@linkplain
     * Field.Kind#EDGES edges} that are predicted as logits those of {@link EdgeMetric}.
     *
     * @param field  the labels
     * @param loss   the task's loss
     * @param height rows of an image
     * @param width  columns of an image
     * @return a metric that has seen nothing yet
     */
    public static Metric thorough(Field field, Loss loss, int height, int width) {
        Metric quick = of(field, loss, height, width);
        return field.kind() == Field.Kind.EDGES && loss.ofLogits()
                ? new Several(List.of(quick, new EdgeMetric(field.ignore()))) : quick;
    }
}
