package io.gimbal.drawing;

import java.awt.image.BufferedImage;
import java.util.Locale;
import java.util.function.DoubleToIntFunction;

/** What colours stand for, beside pictures. */
final class Legend {
    /** Side of the square that shows a colour. */
    static final int BOX = 14;
    private static final int GAP = 6;

    private Legend() {}

    /** Pixels that an entry takes, the gap behind it included. */
    static int width(Drawing.Entry entry, int letters) {
        return BOX + 4 + Lettering.width(entry.name(), letters) + 3 * GAP;
    }

    /** Draws a square of a colour, and what it stands for. */
    static void entry(BufferedImage sheet, Drawing.Entry entry, int x, int y, int letters) {
        Lettering.fill(sheet, x, y, BOX, BOX, Colours.INK);
        Lettering.fill(sheet, x + 1, y + 1, BOX - 2, BOX - 2, entry.colour());
        Lettering.draw(sheet, entry.name(), x + BOX + 4, y + (BOX - 7 * letters) / 2, letters, Colours.INK);
    }

    /** Draws a bar of the colours between its two ends' values. */
    static void scale(BufferedImage sheet, Scale scale, DoubleToIntFunction colours, int x, int y, int room,
            int letters) {
        String low = String.format(Locale.ROOT, "%.2f%s", scale.low(), scale.unit());
        String high = String.format(Locale.ROOT, "%.2f%s", scale.high(), scale.unit());
        int from = x + Lettering.width(low, letters) + 2 * GAP;
        int to = x + room - Lettering.width(high, letters) - 2 * GAP;
        Lettering.draw(sheet, low, x, y, letters, Colours.INK);
        Lettering.draw(sheet, high, to + 2 * GAP, y, letters, Colours.INK);
        for (int column = from; column < to; column++) {
            Lettering.fill(sheet, column, y, 1, 7 * letters, colours.applyAsInt((column - from)
                    / (double) (to - from)));
        }
    }
}
