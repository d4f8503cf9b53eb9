package io.gimbal.drawing;

import io.gimbal.data.Field;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Optional;

/** Directions: x as red (right is bright), y as green (down is bright), towards the camera as blue. */
final class DirectionDrawing extends Drawing {
    static final int CHANNELS = 3;

    DirectionDrawing(Field field) {
        super(field);
    }

    @Override
    int[] truth(int[] photograph, ByteBuffer truth, Optional<Scale> scale) {
        return panel(pixels(truth), pixel -> unlabelled(truth, pixel) ? Colours.UNLABELLED
                : Colours.ofDirection(value(truth, pixel, 0), value(truth, pixel, 1), value(truth, pixel, 2)));
    }

    @Override
    int[] prediction(int[] photograph, FloatBuffer prediction, Optional<Scale> scale) {
        return panel(pixels(prediction), pixel -> Colours.ofDirection(value(prediction, pixel, 0),
                value(prediction, pixel, 1), value(prediction, pixel, 2)));
    }

    @Override
    String key() {
        return "red to the right, green down, blue towards the camera";
    }
}
