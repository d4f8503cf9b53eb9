package io.gimbal.drawing;

import io.gimbal.data.Field;
import java.awt.image.BufferedImage;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The colours in which pictures of runs and of predictions show what is known. All as 0xRRGGBB. */
public final class Palette {
    private static final int GAP = 6;
    private static final int LETTERS = 2;

    private Palette() {}

    /**
     * The colour of a class, or of a point.
     *
     * @param number from 0 on
     * @return it as 0xRRGGBB
     */
    public static int ofClass(int number) {
        return Colours.ofClass(number);
    }

    /**
     * The colour of what is not known.
     *
     * @return it as 0xRRGGBB
     */
    public static int unknown() {
        return Colours.UNLABELLED;
    }

    /**
     * {@return a colour as the Web writes it: {@code #e6194b}}
     *
     * @param colour 0xRRGGBB
     */
    public static String text(int colour) {
        return String.format(Locale.ROOT, "#%06x", colour);
    }

    /**
     * Values of pixels in colours: depth and others in viridis from the least to the largest, vectors and displacements
     * by their directions; grey where they are NaN.
     *
     * @param field  no classes and no points
     * @param values of all of the field's channels
     * @return 0xRRGGBB for each pixel
     */
    public static int[] colours(Field field, float[] values) {
        Drawing drawing = Drawing.of(field, 1);
        FloatBuffer buffer = FloatBuffer.wrap(values);
        return drawing.prediction(new int[0], buffer, drawing.scale(null, buffer));
    }

    /**
     * A picture, as a PNG, of fields' classes and points: a line each with its colour and name.
     *
     * @param fields those of pixels of classes, of points and of coordinates
     * @return the file's bytes
     */
    public static byte[] legend(List<Field> fields) {
        int line = Legend.BOX + GAP;
        int lines = 0;
        int width = 1;
        for (Field field : fields) {
            List<Drawing.Entry> entries = PointDrawing.legend(field);
            lines += 1 + entries.size();
            width = Math.max(width, Lettering.width(field.name(), LETTERS));
            for (Drawing.Entry entry : entries) {
                width = Math.max(width, Legend.width(entry, LETTERS));
            }
        }
        BufferedImage sheet = new BufferedImage(width + 2 * GAP, lines * line + 2 * GAP, BufferedImage.TYPE_INT_RGB);
        Lettering.fill(sheet, 0, 0, sheet.getWidth(), sheet.getHeight(), Colours.BACKGROUND);
        int y = GAP;
        for (Field field : fields) {
            Lettering.draw(sheet, field.name(), GAP, y, LETTERS, Colours.INK);
            y += line;
            for (Drawing.Entry entry : PointDrawing.legend(field)) {
                Legend.entry(sheet, entry, GAP, y, LETTERS);
                y += line;
            }
        }
        return Png.of(sheet);
    }

    /** What colours of a field's values are measured by. */
    static Optional<Scale> scale(Field field, float[] values) {
        return Drawing.of(field, 1).scale(null, FloatBuffer.wrap(values));
    }
}
