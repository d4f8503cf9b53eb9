package io.gimbal.predict;

import io.gimbal.data.Field;
import io.gimbal.drawing.Overlay;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A photo and what is predicted of it as one picture. */
final class PredictionOverlay {
    /** A point whose heat map reaches less is not drawn. */
    private static final double FAINTEST = 0.1;
    private static final int MOST_VALUES = 4;

    private PredictionOverlay() {}

    static byte[] of(PhotoPrediction prediction) {
        Photo photo = prediction.photo();
        if (photo.preview() == null) {
            throw new IllegalArgumentException(photo.name() + ": no preview of it was kept, over which an overlay is "
                    + "drawn; submit a photo's source withPreview() for it");
        }
        int height = photo.previewHeight();
        int width = photo.previewWidth();
        Overlay overlay = new Overlay(photo.preview(), height, width);
        for (int i = 0; i < prediction.fields().size(); i++) {
            Field field = prediction.fields().get(i);
            if (field.kind() == Field.Kind.POINTS || field.kind() == Field.Kind.COORDINATES) {
                overlay.marks(field, marks(prediction, i, height, width));
            } else if (field.wholeImage()) {
                overlay.words(field.kind() == Field.Kind.CLASSES ? sentence(prediction.ofTheImage(i))
                        : sentence(field, prediction.raw(i), prediction.yesOrNo(i)));
            } else if (field.kind() == Field.Kind.CLASSES) {
                overlay.classes(field, prediction.classes(i, height, width));
            } else {
                overlay.values(asDrawn(field), prediction.values(i, drawn(field), height, width));
            }
        }
        return overlay.png();
    }

    /** How many of a field's channels are drawn. */
    static int drawn(Field field) {
        return field.kind() == Field.Kind.VALUES ? 1 : field.channels();
    }

    /** A field of those. */
    static Field asDrawn(Field field) {
        return field.kind() == Field.Kind.VALUES && field.channels() > 1 ? Field.ofValues(field.name(), 1, 0) : field;
    }

    private static List<Overlay.Mark> marks(PhotoPrediction prediction, int field, int height, int width) {
        List<Overlay.Mark> marks = new ArrayList<>();
        for (PhotoPrediction.Point point : prediction.points(field)) {
            // Coordinates have no score.
            if (!(point.score() < FAINTEST)) {
                marks.add(new Overlay.Mark(point.number(), (point.x() + 0.5) * width / prediction.width() - 0.5,
                        (point.y() + 0.5) * height / prediction.height() - 0.5));
            }
        }
        return marks;
    }

    private static String sentence(TaskPrediction.ImageClass predicted) {
        String task = predicted.field().name();
        return predicted.number() < 0 ? task + ": no number" : String.format(Locale.ROOT, "%s: %s (%.0f%%)", task,
                predicted.name(), 100 * predicted.probabilities()[predicted.number()]);
    }

    private static String sentence(Field field, float[] values, boolean yesOrNo) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < Math.min(values.length, MOST_VALUES); i++) {
            String name = values.length == 1 ? "" : field.nameOf(i) + " ";
            parts.add(name + (yesOrNo ? String.format(Locale.ROOT, "%.0f%%", 100 / (1 + Math.exp(-values[i])))
                    : String.format(Locale.ROOT, "%.3g", values[i])));
        }
        return field.name() + ": " + String.join(", ", parts) + (values.length > MOST_VALUES ? " ..." : "");
    }
}
