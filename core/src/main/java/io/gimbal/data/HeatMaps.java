package io.gimbal.data;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Draws points as bells, a channel a point. */
final class HeatMaps {
    private static final int VALUES = 3;

    private final Layer layer;
    private final int height;
    private final int width;

    HeatMaps(Layer layer, int height, int width) {
        this.layer = layer;
        this.height = height;
        this.width = width;
    }

    /** A point where it is shown. */
    private record Bell(int channel, float[] across, float[] down) { }

    /** @param points column, row and number, a place each */
    void write(Plane points, Placement placement, Variation variation, FloatBuffer target) {
        float[] stored = new float[VALUES * points.places()];
        points.read(Meaning.STORED, 0, points.places(), stored);
        List<Bell> bells = new ArrayList<>();
        for (int i = 0; i < stored.length; i += VALUES) {
            int point = (int) stored[i + 2];
            double x = placement.shownAcross(stored[i], stored[i + 1]);
            double y = placement.shownDown(stored[i], stored[i + 1]);
            if (x > -0.5 && x < width - 0.5 && y > -0.5 && y < height - 0.5) {
                bells.add(new Bell(variation.flip() ? layer.mirror(point) : point, bell(x, width), bell(y, height)));
            }
        }
        write(bells, target);
    }

    /** Where bells of one point meet, the higher one counts. */
    private void write(List<Bell> bells, FloatBuffer target) {
        int channels = layer.field().channels();
        float[] row = new float[width * channels];
        for (int y = 0; y < height; y++) {
            Arrays.fill(row, 0);
            for (Bell bell : bells) {
                float factor = bell.down()[y];
                for (int x = 0, at = bell.channel(); factor != 0 && x < width; x++, at += channels) {
                    row[at] = Math.max(row[at], bell.across()[x] * factor);
                }
            }
            target.put(y * row.length, row);
        }
    }

    private float[] bell(double middle, int extent) {
        float[] bell = new float[extent];
        double spread = 2 * layer.sigma() * layer.sigma();
        for (int i = 0; i < extent; i++) {
            bell[i] = (float) Math.exp(-(i - middle) * (i - middle) / spread);
        }
        return bell;
    }
}
