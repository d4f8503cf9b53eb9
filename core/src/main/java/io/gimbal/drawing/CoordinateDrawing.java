package io.gimbal.drawing;

import io.gimbal.data.Field;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;

/** Points that are known as coordinates, as marks on the paled photograph. */
final class CoordinateDrawing extends Drawing {
    private final int width;

    CoordinateDrawing(Field field, int width) {
        super(field);
        this.width = width;
    }

    @Override
    int[] truth(int[] photograph, ByteBuffer truth, Optional<Scale> scale) {
        return unlabelled(truth, 0) ? panel(photograph.length, pixel -> Colours.UNLABELLED)
                : marked(photograph, channel -> value(truth, 0, channel));
    }

    @Override
    int[] prediction(int[] photograph, FloatBuffer prediction, Optional<Scale> scale) {
        return marked(photograph, channel -> value(prediction, 0, channel));
    }

    private int[] marked(int[] photograph, IntToDoubleFunction values) {
        int[] panel = panel(photograph.length, pixel -> Colours.paled(photograph[pixel]));
        int height = photograph.length / width;
        for (int point = 0; point < field.parts(); point++) {
            double x = Math.floor(values.applyAsDouble(2 * point) * width);
            double y = Math.floor(values.applyAsDouble(2 * point + 1) * height);
            // What a network says may lie outside, or be no number.
            if (x >= 0 && x < width && y >= 0 && y < height) {
                PointDrawing.mark(panel, width, (int) y * width + (int) x, Colours.ofClass(point));
            }
        }
        return panel;
    }

    @Override
    List<Entry> legend() {
        return PointDrawing.legend(field);
    }
}
