package io.gimbal.data;

import java.nio.FloatBuffer;
import java.util.Arrays;

/** Writes the image of a sample, varied, as a network takes it. Safe for use by several threads. */
final class ImageWriter {
    private final int height;
    private final int width;
    private final int channels;
    private final Normalisation normalisation;
    private final Meaning finished;
    /** As 0 to 255, whatever was stored: what colours are changed in, and pixels are mixed in. */
    private final Meaning plain;
    private final float[] mean;

    ImageWriter(Intake intake) {
        height = intake.height();
        width = intake.width();
        channels = intake.channels();
        normalisation = intake.normalisation();
        finished = Meaning.of(normalisation, channels);
        plain = Meaning.of(ColourChange.PLAIN, channels);
        mean = new float[channels];
        for (int c = 0; c < channels; c++) {
            mean[c] = normalisation.stored(c, 0);
        }
    }

    void write(Sample sample, Placement placement, Variation variation, FloatBuffer image) {
        boolean recoloured = !variation.colours().equals(Variation.Colours.SAME);
        boolean straight = placement.straight();
        SampleWriter.RowReader rows = straight
                ? new SampleWriter.StraightRows(sample.image(), recoloured ? plain : finished, 0, sample.kept(),
                        placement, width, variation.flip())
                : new MixedRows(sample.image(), placement);
        boolean normalised = straight && !recoloured;
        ColourChange change = recoloured ? ColourChange.of(variation.colours(), sample.image(), plain) : null;
        float[] row = new float[width * channels];
        int[] cut = cut(variation.cut());
        for (int y = 0; y < height; y++) {
            rows.read(y, row);
            if (change != null) {
                change.apply(row);
            }
            if (!normalised) {
                normalise(row);
            }
            if (y >= cut[0] && y < cut[1]) {
                Arrays.fill(row, cut[2] * channels, cut[3] * channels, 0);
            }
            image.put(y * row.length, row);
        }
    }

    private void normalise(float[] row) {
        for (int c = 0; c < channels; c++) {
            for (int i = c; i < row.length; i += channels) {
                row[i] = normalisation.of(c, row[i], Normalisation.FULL_BYTE);
            }
        }
    }

    /** First and last row, and first and last column of what is blotted out, the last ones excluded. */
    private int[] cut(Variation.Cut cut) {
        double half = cut.side() * Math.min(height, width) / 2;
        double down = cut.down() * height;
        double across = cut.across() * width;
        return new int[] {(int) Math.round(down - half), (int) Math.round(down + half),
            Math.clamp(Math.round(across - half), 0, width), Math.clamp(Math.round(across + half), 0, width)};
    }

    /** Rows whose pixels lie between kept ones, as 0 to 255. */
    private final class MixedRows implements SampleWriter.RowReader {
        private final Plane plane;
        private final Placement placement;
        private final Intake.Kept kept;
        private final double[] down = new double[width];
        private final double[] across = new double[width];
        private final int[] places = new int[width];
        private final float[] weights = new float[width];
        private final float[] corner = new float[width * channels];

        MixedRows(Plane plane, Placement placement) {
            this.plane = plane;
            this.placement = placement;
            this.kept = placement.kept();
        }

        @Override
        public void read(int y, float[] row) {
            Arrays.fill(row, 0);
            int samples = placement.samples();
            for (int i = 0; i < samples; i++) {
                for (int j = 0; j < samples; j++) {
                    placement.row(y + (i + 0.5) / samples - 0.5, (j + 0.5) / samples - 0.5, down, across);
                    add(row, 1f / (samples * samples));
                }
            }
        }

        private void add(float[] row, float share) {
            for (int lower = 0; lower < 2; lower++) {
                for (int right = 0; right < 2; right++) {
                    corner(lower, right, share);
                    plane.gather(plain, places, 0, corner);
                    for (int x = 0; x < width; x++) {
                        for (int c = 0; c < channels; c++) {
                            row[x * channels + c] += weights[x] * (places[x] < 0 ? mean[c] : corner[x * channels + c]);
                        }
                    }
                }
            }
        }

        /** One of the four kept pixels round each place, and how much it counts; outside of the image it is none. */
        private void corner(int lower, int right, float share) {
            for (int x = 0; x < width; x++) {
                boolean outside = placement.nearest(down[x], across[x]) < 0;
                int row = (int) Math.floor(down[x]);
                int column = (int) Math.floor(across[x]);
                double ofRow = down[x] - row;
                double ofColumn = across[x] - column;
                weights[x] = (float) ((lower == 1 ? ofRow : 1 - ofRow) * (right == 1 ? ofColumn : 1 - ofColumn))
                        * share;
                places[x] = outside ? -1 : Math.clamp(row + lower, 0, kept.height() - 1) * kept.width()
                        + Math.clamp(column + right, 0, kept.width() - 1);
            }
        }
    }
}
