package io.gimbal.drawing;

import io.gimbal.data.Field;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntUnaryOperator;

/**
 * How a field of every pixel, or of coordinates, is drawn: truth and prediction of a sample as panels, a colour
 * 0xRRGGBB a pixel, and what explains the colours. Buffers are read by absolute index; labels are in native byte order.
 */
abstract sealed class Drawing permits ClassDrawing, ScaledDrawing, DirectionDrawing, FlowDrawing, PointDrawing,
        CoordinateDrawing {
    /** What a colour stands for. */
    record Entry(String name, int colour) {}

    final Field field;

    Drawing(Field field) {
        this.field = field;
    }

    /** Whether a field is drawn, and not told in words: it is of every pixel, or of coordinates. */
    static boolean applies(Field field) {
        return !field.wholeImage() || field.kind() == Field.Kind.COORDINATES;
    }

    /** How that field is drawn, to which drawing must {@linkplain #applies apply}; {@code width} is the images'. */
    static Drawing of(Field field, int width) {
        return switch (field.kind()) {
            case CLASSES -> new ClassDrawing(field);
            case POINTS -> new PointDrawing(field, width);
            case COORDINATES -> new CoordinateDrawing(field, width);
            case FLOW -> new FlowDrawing(field);
            case VECTORS -> new DirectionDrawing(field);
            case DEPTH, EDGES -> new ScaledDrawing(field);
            case VALUES -> field.channels() == DirectionDrawing.CHANNELS ? new DirectionDrawing(field)
                    : new ScaledDrawing(field);
        };
    }

    /**
     * What a panel's colours are measured by, from the truth, or from the prediction where there is none (null); empty
     * where they are fixed.
     */
    Optional<Scale> scale(ByteBuffer truth, FloatBuffer prediction) {
        return Optional.empty();
    }

    /** The colour at a place of the scale, 0 to 1. */
    int scaleColour(double place) {
        return Colours.ofPlace(place);
    }

    /** The panel of labels; {@code photograph} is the sample's image. */
    abstract int[] truth(int[] photograph, ByteBuffer truth, Optional<Scale> scale);

    /** The panel of a network's raw output. */
    abstract int[] prediction(int[] photograph, FloatBuffer prediction, Optional<Scale> scale);

    /** What colours stand for, where that is a list. */
    List<Entry> legend() {
        return List.of();
    }

    /** What colours mean, in words; empty where the legend or the scale says it. */
    String key() {
        return "";
    }

    static int[] panel(int pixels, IntUnaryOperator colour) {
        int[] panel = new int[pixels];
        Arrays.setAll(panel, colour);
        return panel;
    }

    int pixels(FloatBuffer prediction) {
        return prediction.limit() / field.predicted();
    }

    int pixels(ByteBuffer truth) {
        return truth.limit() / field.bytesPerPlace();
    }

    float value(ByteBuffer truth, int pixel, int channel) {
        return truth.getFloat(Float.BYTES * (pixel * field.channels() + channel));
    }

    float value(FloatBuffer prediction, int pixel, int channel) {
        return prediction.get(pixel * field.channels() + channel);
    }

    boolean unlabelled(ByteBuffer truth, int pixel) {
        for (int channel = 0; channel < field.channels(); channel++) {
            if (value(truth, pixel, channel) != field.ignore()) {
                return false;
            }
        }
        return true;
    }

    /** A figure of each pixel, or nothing of an unlabelled one. */
    interface Figure {
        OptionalDouble of(int pixel);
    }

    /** The least and the largest finite figure; empty where there is none. */
    static Optional<Scale> range(int pixels, Figure figure, String unit) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (int pixel = 0; pixel < pixels; pixel++) {
            double value = figure.of(pixel).orElse(Double.NaN);
            if (Double.isFinite(value)) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        return low > high ? Optional.empty() : Optional.of(new Scale(low, high, unit));
    }
}
