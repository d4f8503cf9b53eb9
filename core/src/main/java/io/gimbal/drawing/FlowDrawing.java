package io.gimbal.drawing;

import io.gimbal.data.Field;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Optional;
import java.util.OptionalDouble;

/** Displacements: the hue says where to, the saturation how far, up to the truth's longest. */
final class FlowDrawing extends Drawing {
    FlowDrawing(Field field) {
        super(field);
    }

    @Override
    Optional<Scale> scale(ByteBuffer truth, FloatBuffer prediction) {
        Optional<Scale> range = truth == null
                ? range(pixels(prediction), pixel -> OptionalDouble.of(Math.hypot(value(prediction, pixel, 0),
                        value(prediction, pixel, 1))), "")
                : range(pixels(truth), pixel -> unlabelled(truth, pixel) ? OptionalDouble.empty()
                        : OptionalDouble.of(Math.hypot(value(truth, pixel, 0), value(truth, pixel, 1))), "");
        return Optional.of(new Scale(0, range.map(Scale::high).orElse(1.0), " px"));
    }

    @Override
    int scaleColour(double place) {
        return Colours.ofDisplacement(0, place);
    }

    @Override
    int[] truth(int[] photograph, ByteBuffer truth, Optional<Scale> scale) {
        return panel(pixels(truth), pixel -> unlabelled(truth, pixel) ? Colours.UNLABELLED
                : colour(value(truth, pixel, 0), value(truth, pixel, 1), scale.orElseThrow()));
    }

    @Override
    int[] prediction(int[] photograph, FloatBuffer prediction, Optional<Scale> scale) {
        return panel(pixels(prediction), pixel -> colour(value(prediction, pixel, 0), value(prediction, pixel, 1),
                scale.orElseThrow()));
    }

    private static int colour(double right, double down, Scale scale) {
        return Colours.ofDisplacement(Math.atan2(down, right), scale.place(Math.hypot(right, down)));
    }

    @Override
    String key() {
        return "red to the right, green to the left and down, blue to the left and up; white: none";
    }
}
