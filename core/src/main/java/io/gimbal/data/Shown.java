package io.gimbal.data;

import io.gimbal.picture.Resize;
import io.gimbal.picture.Window;
import java.util.Arrays;

/**
 * Where a photo lies in a network's image, to bring what is predicted of its pixels back to the photo. A pixel's middle
 * has its number as coordinate.
 *
 * @param height    of the photo, in its pixels
 * @param width     likewise
 * @param top       the first row of the photo that the network's image shows
 * @param left      the first column likewise
 * @param rows      how many rows of the photo it shows: all, unless it was cropped
 * @param columns   how many columns likewise
 * @param window    where these lie in the network's image
 */
public record Shown(int height, int width, int top, int left, int rows, int columns, Window window) {
    /**
     * {@return where a photo lies that an intake, without variation, has brought to its size}
     *
     * @param intake how photos are fitted
     * @param height rows of the photo
     * @param width  columns of the photo
     */
    public static Shown of(Intake intake, int height, int width) {
        Intake.Kept kept = intake.kept(height, width);
        Placement placement = new Placement(kept, Variation.NONE, intake.height(), intake.width());
        if (!placement.straight()) {
            throw new IllegalArgumentException("the intake shows photos at other sizes than it keeps them");
        }
        Part down = Part.of(height, kept.height(), placement.top(), intake.height());
        Part across = Part.of(width, kept.width(), placement.left(), intake.width());
        return new Shown(height, width, down.first, across.first, down.count, across.count, new Window(down.from,
                across.from, down.extent, across.extent));
    }

    /**
     * {@return the same of the photo at another size}
     *
     * @param toHeight rows of the photo then
     * @param toWidth  columns of the photo then
     */
    public Shown at(int toHeight, int toWidth) {
        if (toHeight == height && toWidth == width) {
            return this;
        }
        Part down = Part.scaled(height, toHeight, top, rows, window.top(), window.height());
        Part across = Part.scaled(width, toWidth, left, columns, window.left(), window.width());
        return new Shown(toHeight, toWidth, down.first, across.first, down.count, across.count, new Window(down.from,
                across.from, down.extent, across.extent));
    }

    /** {@return whether all of the photo was predicted} */
    public boolean whole() {
        return rows == height && columns == width;
    }

    /** {@return how many pixels of the photo one of the network's image spans, across} */
    public double grownAcross() {
        return columns / window.width();
    }

    /** {@return how many pixels of the photo one of the network's image spans, from row to row} */
    public double grownDown() {
        return rows / window.height();
    }

    /**
     * {@return the photo's column at which a column of the network's image lies}
     *
     * @param column between columns, too
     */
    public double across(double column) {
        return left + (column + 0.5 - window.left()) * grownAcross() - 0.5;
    }

    /**
     * {@return the photo's row at which a row of the network's image lies}
     *
     * @param row between rows, too
     */
    public double down(double row) {
        return top + (row + 0.5 - window.top()) * grownDown() - 0.5;
    }

    /**
     * What is predicted of each pixel of the photo, row by row from the top: bilinear between the network's pixels;
     * vectors then of length 1, and displacements in the photo's pixels; NaN where nothing is predicted.
     *
     * @param field        of each pixel
     * @param output       of the network: H, W, C of its image
     * @param outputHeight rows of the output
     * @param outputWidth  columns of the output
     * @param rows         takes C values a pixel of each row; the array changes with the next one
     */
    public void rows(Field field, float[] output, int outputHeight, int outputWidth, Resize.Rows rows) {
        if (field.wholeImage()) {
            throw new IllegalArgumentException(field.name() + " is of the whole image");
        }
        int channels = field.predicted();
        float[] row = new float[width * channels];
        blank(0, top, row, rows);
        Resize.smoothRows(output, channels, outputHeight, outputWidth, window, this.rows, columns, (y, part) -> {
            Arrays.fill(row, Float.NaN);
            System.arraycopy(part, 0, row, left * channels, part.length);
            finish(field, row);
            rows.row(top + y, row);
        });
        blank(top + this.rows, height, row, rows);
    }

    private static void blank(int from, int to, float[] row, Resize.Rows rows) {
        for (int y = from; y < to; y++) {
            Arrays.fill(row, Float.NaN);
            rows.row(y, row);
        }
    }

    private void finish(Field field, float[] row) {
        if (field.isVectors()) {
            for (int i = 0; i < row.length; i += 3) {
                double length = Math.sqrt((double) row[i] * row[i] + (double) row[i + 1] * row[i + 1]
                        + (double) row[i + 2] * row[i + 2]);
                for (int c = i; c < i + 3 && length > 0; c++) {
                    row[c] = (float) (row[c] / length);
                }
            }
        } else if (field.kind() == Field.Kind.FLOW) {
            for (int i = 0; i < row.length; i += 2) {
                row[i] *= (float) grownAcross();
                row[i + 1] *= (float) grownDown();
            }
        }
    }

    /**
     * Of rows, or of columns.
     *
     * @param first  of the photo's that are shown
     * @param from   where these begin in the network's image
     * @param extent how far they reach there
     */
    private record Part(int first, int count, double from, double extent) {
        private static final double ROUNDING = 1e-9;

        /** @param start the kept image's place at which the network's begins; negative where there is a border */
        static Part of(int photo, int kept, int start, int shown) {
            double scale = (double) kept / photo;
            int first = start <= 0 ? 0 : (int) Math.ceil(start / scale - ROUNDING);
            int last = start + shown >= kept ? photo : (int) Math.floor((start + shown) / scale + ROUNDING);
            // A photo of few pixels may have no whole one within what is shown; then a part of one is.
            first = Math.min(first, photo - 1);
            last = Math.max(last, first + 1);
            double from = Math.clamp(first * scale - start, 0, shown);
            double to = Math.clamp(last * scale - start, 0, shown);
            return new Part(first, last - first, from, to - from);
        }

        /** Of so many pixels in place of others: those that lie whole within what was predicted. */
        static Part scaled(int photo, int to, int first, int count, double from, double extent) {
            double scale = (double) photo / to;
            int begin = Math.min((int) Math.ceil(first / scale - ROUNDING), to - 1);
            int end = Math.max((int) Math.floor((first + count) / scale + ROUNDING), begin + 1);
            double grown = extent / count;
            double start = Math.clamp((begin * scale - first) * grown, 0, extent);
            double stop = Math.clamp((end * scale - first) * grown, 0, extent);
            return new Part(begin, end - begin, from + start, stop - start);
        }
    }
}
