package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * The numbers of a picture where they lie: that of a row, column and channel is number {@code first + row * down +
 * column * across + channel * deep} of the data, in the data's byte order. So pictures stored upside down, column by
 * column or channel by channel, or to be turned, are read from where they are.
 */
record Samples(SampleType type, ByteBuffer data, int height, int width, int channels, int first, int down, int across,
        int deep) {

    /** Takes a place's trouble to whoever knows the file. */
    interface Refusal {
        RuntimeException of(String reason);
    }

    /** Row by row, pixel by pixel. */
    static Samples plain(SampleType type, ByteBuffer data, int height, int width, int channels) {
        return new Samples(type, data, height, width, channels, 0, width * channels, channels, 1);
    }

    static Samples ofBytes(byte[] data, int height, int width, int channels) {
        return plain(SampleType.UNSIGNED_8, ByteBuffer.wrap(data), height, width, channels);
    }

    private boolean isPlain() {
        return first == 0 && deep == 1 && across == channels && down == width * channels;
    }

    private int count() {
        return height * width * channels;
    }

    /** As a picture of that EXIF orientation is shown. */
    Samples turned(int orientation) {
        int right = first + (width - 1) * across;
        int bottom = first + (height - 1) * down;
        int corner = right + (height - 1) * down;
        return switch (orientation) {
            case 2 -> from(right, down, -across);
            case 3 -> from(corner, -down, -across);
            case 4 -> from(bottom, -down, across);
            case 5 -> transposedFrom(first, across, down);
            case 6 -> transposedFrom(bottom, across, -down);
            case 7 -> transposedFrom(corner, -across, -down);
            case 8 -> transposedFrom(right, -across, down);
            default -> this;
        };
    }

    private Samples from(int start, int rowStep, int columnStep) {
        return new Samples(type, data, height, width, channels, start, rowStep, columnStep, deep);
    }

    private Samples transposedFrom(int start, int rowStep, int columnStep) {
        return new Samples(type, data, width, height, channels, start, rowStep, columnStep, deep);
    }

    /** Of one byte each, as they are; may be the data itself. */
    byte[] bytes() {
        if (isPlain() && data.hasArray() && data.arrayOffset() == 0 && data.array().length == count()) {
            return data.array();
        }
        byte[] bytes = new byte[count()];
        if (isPlain()) {
            data.get(0, bytes);
            return bytes;
        }
        int to = 0;
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                int from = first + row * down + column * across;
                for (int channel = 0; channel < channels; channel++) {
                    bytes[to++] = data.get(from + channel * deep);
                }
            }
        }
        return bytes;
    }

    /** Of two bytes each. */
    short[] shorts() {
        short[] shorts = new short[count()];
        int to = 0;
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                int from = first + row * down + column * across;
                for (int channel = 0; channel < channels; channel++) {
                    shorts[to++] = data.getShort(2 * (from + channel * deep));
                }
            }
        }
        return shorts;
    }

    /** The whole numbers, which {@code int} must hold. */
    int[] ints(Refusal refusal) {
        int[] ints = new int[count()];
        if (type == SampleType.UNSIGNED_8) {
            byte[] bytes = bytes();
            for (int i = 0; i < ints.length; i++) {
                ints[i] = bytes[i] & 0xFF;
            }
            return ints;
        }
        int to = 0;
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                int from = first + row * down + column * across;
                for (int channel = 0; channel < channels; channel++) {
                    long value = whole(from + channel * deep, row, column, refusal);
                    ints[to++] = (int) value;
                }
            }
        }
        return ints;
    }

    private long whole(int index, int row, int column, Refusal refusal) {
        long value;
        if (type.real()) {
            double real = type.real(data, index);
            value = (long) real;
            if (value != real) {
                throw refusal.of("row " + row + ", column " + column + " holds " + real + ", which is no whole number");
            }
        } else {
            value = type.whole(data, index);
        }
        if ((int) value != value) {
            throw refusal.of("row " + row + ", column " + column + " holds " + text(value)
                    + "; numbers between -2^31 and 2^31 - 1 may stand there");
        }
        return value;
    }

    /** Float32 of each: whole numbers exactly, those of float64 by the nearest. */
    float[] floats(Refusal refusal) {
        float[] floats = new float[count()];
        if (type == SampleType.FLOAT_32 && isPlain()) {
            data.slice(0, 4 * count()).order(data.order()).asFloatBuffer().get(floats);
            return floats;
        }
        int to = 0;
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                int from = first + row * down + column * across;
                for (int channel = 0; channel < channels; channel++) {
                    floats[to++] = single(from + channel * deep, row, column, refusal);
                }
            }
        }
        return floats;
    }

    private float single(int index, int row, int column, Refusal refusal) {
        if (type.real()) {
            double real = type.real(data, index);
            float value = (float) real;
            if (Float.isInfinite(value) && !Double.isInfinite(real)) {
                throw refusal.of("row " + row + ", column " + column + " holds " + real + ", which is beyond float32");
            }
            return value;
        }
        long whole = type.whole(data, index);
        float value = whole;
        boolean beyondLong = whole == Long.MAX_VALUE || type == SampleType.UNSIGNED_64 && whole < 0;
        if ((long) value != whole || beyondLong) {
            throw refusal.of("row " + row + ", column " + column + " holds " + text(whole)
                    + ", which float32 does not hold exactly");
        }
        return value;
    }

    private String text(long whole) {
        return type == SampleType.UNSIGNED_64 ? Long.toUnsignedString(whole) : String.format(Locale.ROOT, "%d", whole);
    }

    /** An unsigned number of 8 or 16 bits. */
    int unsigned(int row, int column, int channel) {
        return (int) type.whole(data, first + row * down + column * across + channel * deep);
    }
}
