package io.gimbal.data;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes kept samples, varied, into batches. Safe for use by several threads. */
final class SampleWriter {
    private final int height;
    private final int width;
    private final ImageWriter images;
    private final Map<String, Layer> layers = new LinkedHashMap<>();

    SampleWriter(Intake intake, List<Layer> layers) {
        this.height = intake.height();
        this.width = intake.width();
        this.images = new ImageWriter(intake);
        layers.forEach(layer -> this.layers.put(layer.field().name(), layer));
    }

    /** As {@link DataSet#read(int, Variation, FloatBuffer, Map)} says. */
    void write(Sample sample, Variation variation, FloatBuffer image, Map<String, ByteBuffer> targets) {
        Placement placement = new Placement(sample.kept(), variation, height, width);
        images.write(sample, placement, variation, image);
        targets.forEach((name, target) -> write(layers.get(name), sample, placement, variation, target));
    }

    private void write(Layer layer, Sample sample, Placement placement, Variation variation, ByteBuffer target) {
        Plane plane = sample.fields().get(layer.field().name());
        if (plane == null) {
            layer.field().fillUnlabelled(target);
        } else if (layer.field().kind() == Field.Kind.COORDINATES) {
            new Coordinates(layer, height, width).write(plane, placement, variation, target);
        } else if (layer.field().wholeImage()) {
            writeWhole(layer, plane, variation, target);
        } else if (layer.field().kind() == Field.Kind.POINTS) {
            new HeatMaps(layer, height, width).write(plane, placement, variation, target.asFloatBuffer());
        } else {
            writePixels(layer, plane, sample.kept(), placement, variation, target);
        }
    }

    private static void writeWhole(Layer layer, Plane plane, Variation variation, ByteBuffer target) {
        float[] values = new float[plane.channels()];
        plane.read(layer.meaning(), 0, 1, values);
        if (variation.flip() && layer.field().kind() == Field.Kind.CLASSES) {
            values[0] = layer.mirror((int) values[0]);
        }
        output(layer.field(), values.length, target).put(0, values);
    }

    /** Writes places side by side; the row is for its values in between. */
    static void writeRow(Layer layer, Plane plane, int from, int count, float[] row, ByteBuffer target) {
        plane.read(layer.meaning(), from, count, row);
        output(layer.field(), row.length, target).put(0, row);
    }

    private void writePixels(Layer layer, Plane plane, Intake.Kept kept, Placement placement, Variation variation,
            ByteBuffer target) {
        int channels = plane.channels();
        float[] row = new float[width * channels];
        RowReader rows = placement.straight()
                ? new StraightRows(plane, layer.meaning(), layer.field().ignore(), kept, placement, width,
                        variation.flip())
                : new NearestRows(plane, layer.meaning(), layer.field().ignore(), placement, width);
        Turning turning = Turning.of(layer.field(), placement, variation);
        RowOutput output = output(layer.field(), row.length, target);
        for (int y = 0; y < height; y++) {
            rows.read(y, row);
            turning.turn(row);
            output.put(y * width * channels, row);
        }
    }

    /** Puts rows of so many values where a batch has them: class numbers as whole numbers. */
    private static RowOutput output(Field field, int length, ByteBuffer target) {
        if (field.kind() != Field.Kind.CLASSES) {
            return target.asFloatBuffer()::put;
        }
        IntBuffer classes = target.asIntBuffer();
        int[] numbers = new int[length];
        return (at, row) -> {
            for (int i = 0; i < length; i++) {
                numbers[i] = (int) row[i];
            }
            classes.put(at, numbers);
        };
    }

    /** Takes the rows of a finished image. For one thread. */
    private interface RowOutput {
        void put(int at, float[] row);
    }

    /** Reads the rows of a finished image out of a plane. For one thread. */
    interface RowReader {
        void read(int y, float[] row);
    }

    /** Rows whose pixels are kept pixels side by side. */
    static final class StraightRows implements RowReader {
        private final Plane plane;
        private final Meaning meaning;
        private final float outside;
        private final Intake.Kept kept;
        private final int top;
        private final int width;
        private final boolean flip;
        /** Columns of the finished image, not mirrored, that the kept one reaches: from this one on ... */
        private final int first;
        /** ... so many. */
        private final int count;
        private final int from;
        private final float[] part;

        StraightRows(Plane plane, Meaning meaning, float outside, Intake.Kept kept, Placement placement, int width,
                boolean flip) {
            this.plane = plane;
            this.meaning = meaning;
            this.outside = outside;
            this.kept = kept;
            this.width = width;
            this.flip = flip;
            top = placement.top();
            int left = placement.left();
            first = Math.max(0, -left);
            count = Math.min(width, kept.width() - left) - first;
            from = left + first;
            part = count == width ? null : new float[count * plane.channels()];
        }

        @Override
        public void read(int y, float[] row) {
            int source = y + top;
            if (source < 0 || source >= kept.height()) {
                Arrays.fill(row, outside);
                return;
            }
            if (part == null) {
                plane.read(meaning, source * kept.width() + from, width, row);
            } else {
                plane.read(meaning, source * kept.width() + from, count, part);
                Arrays.fill(row, outside);
                System.arraycopy(part, 0, row, first * plane.channels(), part.length);
            }
            if (flip) {
                mirror(row, plane.channels());
            }
        }
    }

    /** Rows whose pixels are the kept ones that are nearest. */
    private static final class NearestRows implements RowReader {
        private final Plane plane;
        private final Meaning meaning;
        private final float outside;
        private final Placement placement;
        private final double[] down;
        private final double[] across;
        private final int[] places;

        NearestRows(Plane plane, Meaning meaning, float outside, Placement placement, int width) {
            this.plane = plane;
            this.meaning = meaning;
            this.outside = outside;
            this.placement = placement;
            down = new double[width];
            across = new double[width];
            places = new int[width];
        }

        @Override
        public void read(int y, float[] row) {
            placement.row(y, 0, down, across);
            for (int x = 0; x < places.length; x++) {
                places[x] = placement.nearest(down[x], across[x]);
            }
            plane.gather(meaning, places, outside, row);
        }
    }

    private static void mirror(float[] row, int channels) {
        switch (channels) {
            case 1 -> mirrorOne(row);
            case 3 -> mirrorThree(row);
            default -> mirrorChannels(row, channels);
        }
    }

    private static void mirrorChannels(float[] row, int channels) {
        for (int left = 0, right = row.length - channels; left < right; left += channels, right -= channels) {
            for (int c = 0; c < channels; c++) {
                float swapped = row[left + c];
                row[left + c] = row[right + c];
                row[right + c] = swapped;
            }
        }
    }

    private static void mirrorOne(float[] row) {
        for (int left = 0; left < row.length / 2; left++) {
            int right = row.length - 1 - left;
            float swapped = row[left];
            row[left] = row[right];
            row[right] = swapped;
        }
    }

    /** The same without an inner loop. */
    private static void mirrorThree(float[] row) {
        for (int left = 0, right = row.length - 3; left < right; left += 3, right -= 3) {
            float first = row[left];
            float second = row[left + 1];
            float third = row[left + 2];
            row[left] = row[right];
            row[left + 1] = row[right + 1];
            row[left + 2] = row[right + 2];
            row[right] = first;
            row[right + 1] = second;
            row[right + 2] = third;
        }
    }
}
