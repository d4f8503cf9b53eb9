package io.gimbal.drawing;

import io.gimbal.data.Field;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Points as marks on the paled photograph, each where its heat map is largest. A heat map that reaches a tenth nowhere
 * says that its point is not in the image.
 */
final class PointDrawing extends Drawing {
    private static final double FAINTEST = 0.1;
    /** A mark is a square of a thirtieth of the image's width, at least of three pixels. */
    private static final int MARKS_A_WIDTH = 60;

    private final int width;

    PointDrawing(Field field, int width) {
        super(field);
        this.width = width;
    }

    /** The value of a channel at a pixel. */
    private interface HeatMaps {
        float at(int pixel, int channel);
    }

    @Override
    int[] truth(int[] photograph, ByteBuffer truth, Optional<Scale> scale) {
        boolean nothing = IntStream.range(0, photograph.length).allMatch(pixel -> unlabelled(truth, pixel));
        return nothing ? panel(photograph.length, pixel -> Colours.UNLABELLED)
                : marked(photograph, (pixel, channel) -> value(truth, pixel, channel));
    }

    @Override
    int[] prediction(int[] photograph, FloatBuffer prediction, Optional<Scale> scale) {
        return marked(photograph, (pixel, channel) -> value(prediction, pixel, channel));
    }

    private int[] marked(int[] photograph, HeatMaps maps) {
        int[] panel = panel(photograph.length, pixel -> Colours.paled(photograph[pixel]));
        for (int channel = 0; channel < field.channels(); channel++) {
            int best = -1;
            double most = FAINTEST;
            for (int pixel = 0; pixel < photograph.length; pixel++) {
                if (maps.at(pixel, channel) >= most) {
                    most = maps.at(pixel, channel);
                    best = pixel;
                }
            }
            if (best >= 0) {
                mark(panel, width, best, Colours.ofClass(channel));
            }
        }
        return panel;
    }

    /** Draws a mark over a pixel of a panel of that width. */
    static void mark(int[] panel, int width, int at, int colour) {
        int reach = Math.max(1, width / MARKS_A_WIDTH);
        for (int y = at / width - reach - 1; y <= at / width + reach + 1; y++) {
            for (int x = at % width - reach - 1; x <= at % width + reach + 1; x++) {
                if (x >= 0 && x < width && y >= 0 && y < panel.length / width) {
                    boolean rim = Math.max(Math.abs(x - at % width), Math.abs(y - at / width)) > reach;
                    panel[y * width + x] = rim ? Colours.INK : colour;
                }
            }
        }
    }

    @Override
    List<Entry> legend() {
        return legend(field);
    }

    /** What the colour of each of a field's parts is: of points, as of classes. */
    static List<Entry> legend(Field field) {
        List<Entry> entries = new ArrayList<>();
        for (int point = 0; point < field.parts(); point++) {
            entries.add(new Entry(field.nameOf(point), Colours.ofClass(point)));
        }
        return entries;
    }
}
