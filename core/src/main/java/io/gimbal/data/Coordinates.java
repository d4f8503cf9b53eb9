package io.gimbal.data;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** Writes where points are shown, in parts of the finished image's width and height. */
final class Coordinates {
    private static final int VALUES = 3;

    private final Layer layer;
    private final int height;
    private final int width;

    Coordinates(Layer layer, int height, int width) {
        this.layer = layer;
        this.height = height;
        this.width = width;
    }

    /**
     * Marks all as unlabelled where a point is missing or not shown: a loss takes a place's channels all or none.
     *
     * @param points column, row and number, a place each
     */
    void write(Plane points, Placement placement, Variation variation, ByteBuffer target) {
        float[] stored = new float[VALUES * points.places()];
        points.read(Meaning.STORED, 0, points.places(), stored);
        float[] shown = new float[layer.field().channels()];
        Arrays.fill(shown, Float.NaN);
        for (int i = 0; i < stored.length; i += VALUES) {
            double x = placement.shownAcross(stored[i], stored[i + 1]);
            double y = placement.shownDown(stored[i], stored[i + 1]);
            if (x > -0.5 && x < width - 0.5 && y > -0.5 && y < height - 0.5) {
                int point = (int) stored[i + 2];
                int channel = 2 * (variation.flip() ? layer.mirror(point) : point);
                shown[channel] = (float) ((x + 0.5) / width);
                shown[channel + 1] = (float) ((y + 0.5) / height);
            }
        }
        for (float value : shown) {
            if (Float.isNaN(value)) {
                layer.field().fillUnlabelled(target);
                return;
            }
        }
        target.asFloatBuffer().put(0, shown);
    }

    /**
     * The points of what {@link #write} wrote, in pixels of the image; nothing where they are unlabelled.
     *
     * @param finished the values of one sample, from index 0
     */
    static Optional<Plane> places(Field field, ByteBuffer finished, int height, int width) {
        float[] points = new float[VALUES * field.parts()];
        boolean labelled = false;
        for (int i = 0; i < field.parts(); i++) {
            float x = finished.getFloat(2 * Float.BYTES * i);
            float y = finished.getFloat(2 * Float.BYTES * i + Float.BYTES);
            labelled |= x != field.ignore() || y != field.ignore();
            points[VALUES * i] = x * width - 0.5f;
            points[VALUES * i + 1] = y * height - 0.5f;
            points[VALUES * i + 2] = i;
        }
        return labelled ? Optional.of(new Plane.Floats(points, VALUES)) : Optional.empty();
    }
}
