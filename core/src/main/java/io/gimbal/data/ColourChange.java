package io.gimbal.data;

import java.util.List;

/**
 * A change of brightness, contrast, saturation and hue, in this order, of values from 0 to 255; what leaves that range
 * is brought back to it at the end. All four are linear, and so one matrix.
 */
final class ColourChange {
    /** Of what is stored, values of 0 to 255. */
    static final Normalisation PLAIN = new Normalisation(List.of(0f), List.of(1f / Normalisation.FULL_BYTE));

    /** Luma of red, green and blue (ITU-R BT.601). */
    private static final double[] LUMA = {0.299, 0.587, 0.114};
    /** Chroma of the same, and the way back (NTSC's YIQ), in which a turn of hue is a turn of I and Q. */
    private static final double[][] TO_CHROMA = {LUMA, {0.5959, -0.2746, -0.3213}, {0.2115, -0.5227, 0.3112}};
    private static final int COLOURS = 3;

    private final int channels;
    /** Of three channels: what each takes of each. */
    private final float[][] matrix;
    /** Of any other number: what each takes of itself. */
    private final float factor;
    private final float offset;

    private ColourChange(int channels, float[][] matrix, float factor, float offset) {
        this.channels = channels;
        this.matrix = matrix;
        this.factor = factor;
        this.offset = offset;
    }

    static ColourChange of(Variation.Colours colours, Plane image, Meaning plain) {
        double factor = colours.brightness() * colours.contrast();
        double offset = colours.contrast() == 1 ? 0
                : meanGrey(image, plain) * colours.brightness() * (1 - colours.contrast());
        float[][] matrix = image.channels() == COLOURS ? matrix(factor, colours.saturation(), colours.hue()) : null;
        return new ColourChange(image.channels(), matrix, (float) factor, (float) offset);
    }

    /** A grey stays the same grey by saturation and hue, so that the offset, which is one, passes through. */
    private static float[][] matrix(double factor, double saturation, double hue) {
        double[][] back = inverse(TO_CHROMA);
        double angle = 2 * Math.PI * hue;
        double[][] turn = {{1, 0, 0}, {0, saturation * Math.cos(angle), -saturation * Math.sin(angle)},
            {0, saturation * Math.sin(angle), saturation * Math.cos(angle)}};
        double[][] all = product(back, product(turn, TO_CHROMA));
        float[][] matrix = new float[COLOURS][COLOURS];
        for (int i = 0; i < COLOURS; i++) {
            for (int j = 0; j < COLOURS; j++) {
                matrix[i][j] = (float) (factor * all[i][j]);
            }
        }
        return matrix;
    }

    private static double[][] product(double[][] left, double[][] right) {
        double[][] product = new double[COLOURS][COLOURS];
        for (int i = 0; i < COLOURS; i++) {
            for (int j = 0; j < COLOURS; j++) {
                for (int k = 0; k < COLOURS; k++) {
                    product[i][j] += left[i][k] * right[k][j];
                }
            }
        }
        return product;
    }

    /** By cofactors. */
    private static double[][] inverse(double[][] of) {
        double[][] inverse = new double[COLOURS][COLOURS];
        double determinant = 0;
        for (int i = 0; i < COLOURS; i++) {
            for (int j = 0; j < COLOURS; j++) {
                int up = (i + 1) % COLOURS;
                int left = (j + 1) % COLOURS;
                int down = (i + 2) % COLOURS;
                int right = (j + 2) % COLOURS;
                inverse[j][i] = of[up][left] * of[down][right] - of[up][right] * of[down][left];
            }
        }
        for (int i = 0; i < COLOURS; i++) {
            determinant += of[0][i] * inverse[i][0];
        }
        for (double[] row : inverse) {
            for (int j = 0; j < COLOURS; j++) {
                row[j] /= determinant;
            }
        }
        return inverse;
    }

    private static double meanGrey(Plane image, Meaning plain) {
        int channels = image.channels();
        int most = 4096;
        float[] part = new float[most * channels];
        double sum = 0;
        for (int from = 0; from < image.places(); from += most) {
            int count = Math.min(most, image.places() - from);
            image.read(plain, from, count, part);
            for (int i = 0; i < count * channels; i++) {
                sum += part[i] * (channels == COLOURS ? LUMA[i % COLOURS] * COLOURS : 1);
            }
        }
        return sum / ((double) image.places() * channels);
    }

    void apply(float[] row) {
        if (matrix == null) {
            for (int i = 0; i < row.length; i++) {
                row[i] = bounded(row[i] * factor + offset);
            }
            return;
        }
        for (int i = 0; i < row.length; i += channels) {
            float red = row[i];
            float green = row[i + 1];
            float blue = row[i + 2];
            for (int c = 0; c < COLOURS; c++) {
                row[i + c] = bounded(matrix[c][0] * red + matrix[c][1] * green + matrix[c][2] * blue + offset);
            }
        }
    }

    private static float bounded(float value) {
        return Math.min(Math.max(value, 0), Normalisation.FULL_BYTE);
    }
}
