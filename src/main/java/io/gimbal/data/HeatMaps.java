package io.gimbal.data;

import java.nio.FloatBuffer;
import java.util.Arrays;

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

    /** @param points column, row and whether it is known, a place each */
    void write(Plane points, Placement placement, Variation variation, FloatBuffer target) {
        int channels = layer.field().channels();
        float[] stored = new float[VALUES * channels];
        points.read(Meaning.STORED, 0, channels, stored);
        float[][] across = new float[channels][];
        float[][] down = new float[channels][];
        for (int point = 0; point < channels; point++) {
            int channel = variation.flip() ? layer.mirror(point) : point;
            float x = stored[VALUES * point];
            float y = stored[VALUES * point + 1];
            boolean known = stored[VALUES * point + 2] > 0;
            double shownX = placement.shownAcross(x, y);
            double shownY = placement.shownDown(x, y);
            boolean shown = known && shownX > -0.5 && shownX < width - 0.5 && shownY > -0.5 && shownY < height - 0.5;
            across[channel] = shown ? bell(shownX, width) : new float[width];
            down[channel] = shown ? bell(shownY, height) : new float[height];
        }
        write(across, down, channels, target);
    }

    private void write(float[][] across, float[][] down, int channels, FloatBuffer target) {
        float[] row = new float[width * channels];
        for (int y = 0; y < height; y++) {
            Arrays.fill(row, 0);
            for (int c = 0; c < channels; c++) {
                float factor = down[c][y];
                if (factor != 0) {
                    for (int x = 0; x < width; x++) {
                        row[x * channels + c] = across[c][x] * factor;
                    }
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
