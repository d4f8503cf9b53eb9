package io.gimbal.drawing;

import io.gimbal.data.Field;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Optional;
import java.util.OptionalDouble;

/** Depth and other values in viridis, of several channels the first; truth and prediction by the truth's range. */
final class ScaledDrawing extends Drawing {
    private static final Scale WITHOUT_VALUES = new Scale(0, 1, "");

    ScaledDrawing(Field field) {
        super(field);
    }

    @Override
    Optional<Scale> scale(ByteBuffer truth, FloatBuffer prediction) {
        String unit = field.isDepth() ? " m" : "";
        Optional<Scale> range = truth == null
                ? range(pixels(prediction), pixel -> OptionalDouble.of(value(prediction, pixel, 0)), unit)
                : range(pixels(truth), pixel -> unlabelled(truth, pixel) ? OptionalDouble.empty()
                        : OptionalDouble.of(value(truth, pixel, 0)), unit);
        return Optional.of(range.orElse(WITHOUT_VALUES));
    }

    @Override
    int[] truth(int[] photograph, ByteBuffer truth, Optional<Scale> scale) {
        Scale by = scale.orElseThrow();
        return panel(pixels(truth), pixel -> unlabelled(truth, pixel) ? Colours.UNLABELLED
                : Colours.ofPlace(by.place(value(truth, pixel, 0))));
    }

    @Override
    int[] prediction(int[] photograph, FloatBuffer prediction, Optional<Scale> scale) {
        Scale by = scale.orElseThrow();
        return panel(pixels(prediction), pixel -> Colours.ofPlace(by.place(value(prediction, pixel, 0))));
    }

    @Override
    String key() {
        return field.channels() > 1 ? "its first channel, " + field.nameOf(0) : "";
    }
}
