package io.gimbal.drawing;

import java.awt.image.BufferedImage;
import java.util.List;

/**
 * What the colours of drawings stand for, below a sheet: a legend for each drawing that has one.
 *
 * @param letters pixels of a letter's dot
 * @param total   how wide the sheet is
 */
record Legends(List<Drawing> drawings, int letters, int total) {
    private static final int GAP = Layout.GAP;

    int height() {
        return draw(null, 0);
    }

    /** Draws them, or only measures them where there is no sheet: their height. */
    int draw(BufferedImage sheet, int top) {
        int y = GAP;
        for (Drawing drawing : drawings) {
            if (!drawing.legend().isEmpty()) {
                y += legend(sheet, drawing, top + y);
            }
        }
        return y;
    }

    private int legend(BufferedImage sheet, Drawing drawing, int top) {
        int line = Math.max(Legend.BOX + 6, (Lettering.HEIGHT + 4) * letters);
        int y = 0;
        String title = drawing.field.name() + (drawing.key().isEmpty() ? "" : ", " + drawing.key()) + ":";
        if (sheet != null) {
            Lettering.draw(sheet, title, GAP, top + (Legend.BOX - 7 * letters) / 2, letters, Colours.INK);
        }
        int x = GAP + Lettering.width(title, letters) + 3 * GAP;
        for (Drawing.Entry entry : drawing.legend()) {
            int needed = Legend.width(entry, letters);
            if (x + needed > total && x > GAP) {
                x = GAP;
                y += line;
            }
            if (sheet != null) {
                Legend.entry(sheet, entry, x, top + y, letters);
            }
            x += needed;
        }
        return y + line;
    }
}
