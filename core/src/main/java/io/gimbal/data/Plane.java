package io.gimbal.data;

import io.gimbal.picture.Resize;
import io.gimbal.picture.Window;
import java.util.Arrays;

/**
 * What is stored of one thing for each pixel of a sample, row-major, channels last, as small as it was in its file: the
 * form in which samples are kept. What a stored number means a {@link Meaning} says. The arrays are the plane's own
 * from then on and are not changed any more.
 */
public sealed interface Plane {
    /** {@return how many values a place has} */
    int channels();

    /**
     * {@return how many places there are: pixels; of what is known of an image as a whole, 1; of points, their number}
     */
    int places();

    /** {@return how many bytes it holds on the heap, headers aside} */
    long bytes();

    /**
     * What the places from {@code from} on mean.
     *
     * @param meaning what stored numbers mean
     * @param from    the first place
     * @param count   how many places
     * @param row     takes count * channels values
     */
    void read(Meaning meaning, int from, int count, float[] row);

    /**
     * What places mean, in any order.
     *
     * @param meaning what stored numbers mean
     * @param places  their numbers; where one is negative, {@code fill} is written into all channels
     * @param fill    where a place is negative
     * @param row     takes places.length * channels values
     */
    default void gather(Meaning meaning, int[] places, float fill, float[] row) {
        int channels = channels();
        float[] one = new float[channels];
        for (int i = 0; i < places.length; i++) {
            if (places[i] < 0) {
                Arrays.fill(row, i * channels, (i + 1) * channels, fill);
            } else {
                read(meaning, places[i], 1, one);
                System.arraycopy(one, 0, row, i * channels, channels);
            }
        }
    }

    /**
     * The same at another size: for each pixel what stands at the nearest one.
     *
     * @param fromHeight rows of this plane
     * @param fromWidth  columns of this plane
     * @param height     rows of the new one
     * @param width      columns of the new one
     * @return the new plane, of the same kind
     */
    Plane nearest(int fromHeight, int fromWidth, int height, int width);

    /**
     * Numbers of 0 to 255.
     *
     * @param values   place by place, not copied
     * @param channels values of a place
     */
    record Bytes(byte[] values, int channels) implements Plane {
        @Override
        public Plane nearest(int fromHeight, int fromWidth, int height, int width) {
            return new Bytes(Resize.nearest(values, channels, fromHeight, fromWidth,
                    Window.whole(fromHeight, fromWidth), height, width), channels);
        }

        @Override
        public int places() {
            return values.length / channels;
        }

        @Override
        public long bytes() {
            return values.length;
        }

        @Override
        public void read(Meaning meaning, int from, int count, float[] row) {
            switch (channels) {
                case 1 -> readOne(meaning.ofBytes(0), from, count, row);
                case 3 -> readColours(meaning, 3 * from, count, row);
                default -> readChannels(meaning, from, count, row);
            }
        }

        private void readChannels(Meaning meaning, int from, int count, float[] row) {
            for (int c = 0; c < channels; c++) {
                float[] table = meaning.ofBytes(c);
                for (int i = c, at = from * channels + c; i < count * channels; i += channels, at += channels) {
                    row[i] = table[values[at] & 255];
                }
            }
        }

        /** By a step that the compiler knows, which takes a third of the time. */
        private void readOne(float[] table, int from, int count, float[] row) {
            for (int i = 0; i < count; i++) {
                row[i] = table[values[from + i] & 255];
            }
        }

        /** The three channels in one pass, pixel by pixel: of steps of three the compiler makes slower code. */
        private void readColours(Meaning meaning, int first, int count, float[] row) {
            float[] red = meaning.ofBytes(0);
            float[] green = meaning.ofBytes(1);
            float[] blue = meaning.ofBytes(2);
            for (int x = 0; x < count; x++) {
                row[3 * x] = red[values[first + 3 * x] & 255];
                row[3 * x + 1] = green[values[first + 3 * x + 1] & 255];
                row[3 * x + 2] = blue[values[first + 3 * x + 2] & 255];
            }
        }
    }

    /**
     * Numbers of 0 to 65535.
     *
     * @param values   place by place, not copied
     * @param channels values of a place
     */
    record Shorts(short[] values, int channels) implements Plane {
        @Override
        public Plane nearest(int fromHeight, int fromWidth, int height, int width) {
            return new Shorts(Resize.nearest(values, channels, fromHeight, fromWidth,
                    Window.whole(fromHeight, fromWidth), height, width), channels);
        }

        @Override
        public int places() {
            return values.length / channels;
        }

        @Override
        public long bytes() {
            return 2L * values.length;
        }

        @Override
        public void read(Meaning meaning, int from, int count, float[] row) {
            for (int c = 0; c < channels; c++) {
                float[] table = meaning.ofShorts(c);
                for (int i = c, at = from * channels + c; i < count * channels; i += channels, at += channels) {
                    row[i] = table[values[at] & 0xFFFF];
                }
            }
        }
    }

    /**
     * Real numbers.
     *
     * @param values   place by place, not copied
     * @param channels values of a place
     */
    record Floats(float[] values, int channels) implements Plane {
        @Override
        public Plane nearest(int fromHeight, int fromWidth, int height, int width) {
            return new Floats(Resize.nearest(values, channels, fromHeight, fromWidth,
                    Window.whole(fromHeight, fromWidth), height, width), channels);
        }

        @Override
        public int places() {
            return values.length / channels;
        }

        @Override
        public long bytes() {
            return 4L * values.length;
        }

        @Override
        public void read(Meaning meaning, int from, int count, float[] row) {
            System.arraycopy(values, from * channels, row, 0, count * channels);
            meaning.ofFloats(channels, count, row);
        }
    }

    /**
     * Unit vectors, x, y and z as round(127 v); 0, 0, 0 where there is none. Read, they are of length 1 again, and at
     * most 0.4 degrees off: half a step of 1 / 127 in each of three directions.
     *
     * @param values place by place, not copied
     */
    record Directions(byte[] values) implements Plane {
        /** What 1 is stored as. */
        public static final int ONE = 127;
        /** By what to multiply, by the sum of the squares of what is stored: no root and no divisions a pixel. */
        private static final float[] INVERSE_LENGTHS = inverseLengths();
        /** Of each byte, as if it were unsigned: a look-up is faster than a multiplication. */
        private static final int[] SQUARES = squares();

        private static int[] squares() {
            int[] squares = new int[1 << Byte.SIZE];
            Arrays.setAll(squares, number -> (byte) number * (byte) number);
            return squares;
        }

        private static float[] inverseLengths() {
            float[] inverses = new float[3 * Byte.MIN_VALUE * Byte.MIN_VALUE + 1];
            for (int squares = 1; squares < inverses.length; squares++) {
                inverses[squares] = (float) (1 / Math.sqrt(squares));
            }
            return inverses;
        }

        /**
         * Of vectors of length 1, or 0, 0, 0.
         *
         * @param vectors x, y and z, place by place
         * @return a plane of as many places
         */
        public static Directions of(float[] vectors) {
            byte[] values = new byte[vectors.length];
            store(vectors, values, 0);
            return new Directions(values);
        }

        /** Writes vectors as they are stored, from a place on. */
        static void store(float[] vectors, byte[] values, int to) {
            for (int i = 0; i < vectors.length; i++) {
                // As Math.round does it, but in vector instructions.
                values[to + i] = (byte) ((int) (vectors[i] * ONE + (ONE + 1.5)) - (ONE + 1));
            }
        }

        @Override
        public int channels() {
            return 3;
        }

        @Override
        public Plane nearest(int fromHeight, int fromWidth, int height, int width) {
            return new Directions(Resize.nearest(values, channels(), fromHeight, fromWidth,
                    Window.whole(fromHeight, fromWidth), height, width));
        }

        @Override
        public int places() {
            return values.length / 3;
        }

        @Override
        public long bytes() {
            return values.length;
        }

        @Override
        public void read(Meaning meaning, int from, int count, float[] row) {
            int first = 3 * from;
            for (int x = 0; x < count; x++) {
                float inverse = INVERSE_LENGTHS[SQUARES[values[first + 3 * x] & 255]
                        + SQUARES[values[first + 3 * x + 1] & 255] + SQUARES[values[first + 3 * x + 2] & 255]];
                row[3 * x] = inverse;
                row[3 * x + 1] = inverse;
                row[3 * x + 2] = inverse;
            }
            multiply(row, values, first, 3 * count);
        }

        /** By itself, so that the compiler makes vector instructions of it. */
        private static void multiply(float[] row, byte[] values, int first, int count) {
            for (int i = 0; i < count; i++) {
                row[i] *= values[first + i];
            }
        }
    }
}
