package io.gimbal.drawing;

import java.awt.image.BufferedImage;

/**
 * The measures of a sheet of panels side by side, and what is drawn by them.
 *
 * @param height  pixels of an image
 * @param width   likewise
 * @param zoom    how many times as large a panel is
 * @param letters pixels of a letter's dot
 */
record Layout(int height, int width, int zoom, int letters) {
    static final int GAP = 6;
    /** What a panel is magnified to, about. */
    private static final float PANEL_WIDTH = 208;
    private static final int WIDTH_OF_LARGE_LETTERS = 150;

    /** For images of a size. */
    static Layout of(int height, int width) {
        int zoom = Math.max(1, Math.round(PANEL_WIDTH / width));
        return new Layout(height, width, zoom, width * zoom >= WIDTH_OF_LARGE_LETTERS ? 2 : 1);
    }

    int panelWidth() {
        return width * zoom;
    }

    int panelHeight() {
        return height * zoom;
    }

    /** Pixels from one line of letters to the next. */
    int line() {
        return (Lettering.HEIGHT + 4) * letters;
    }

    /** Where a column of panels begins; for the number of columns, how wide they are. */
    int left(int column) {
        return GAP + column * (panelWidth() + GAP);
    }

    /** Writes a text with its upper left corner at (x, y). */
    void write(BufferedImage sheet, String text, int x, int y) {
        Lettering.draw(sheet, text, x, y, letters, Colours.INK);
    }

    /** Draws a panel, a colour a pixel, magnified. */
    void blit(BufferedImage sheet, int[] panel, int x, int y) {
        for (int row = 0; row < panelHeight(); row++) {
            for (int column = 0; column < panelWidth(); column++) {
                sheet.setRGB(x + column, y + row, panel[row / zoom * width + column / zoom]);
            }
        }
    }
}
