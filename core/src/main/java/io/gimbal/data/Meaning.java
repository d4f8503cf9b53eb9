package io.gimbal.data;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What the numbers of a {@link Plane} mean, channel by channel. Safe for use by several threads.
 */
public final class Meaning {
    /** Numbers mean themselves. */
    public static final Meaning STORED = new Meaning(1, null, null);

    private static final int BYTES = 1 << 8;
    private static final int SHORTS = 1 << 16;

    /** Null where the numbers are labels. */
    private final Normalisation normalisation;
    /** Null where numbers are not labels, or labels mean themselves. */
    private final float[] labels;
    private final float[][] bytes;
    /** Made when they are asked for first: few data sets have numbers of 16 bits. */
    private final AtomicReferenceArray<float[]> shorts;

    private Meaning(int channels, Normalisation normalisation, float[] labels) {
        this.normalisation = normalisation;
        this.labels = labels;
        this.bytes = new float[channels][];
        this.shorts = new AtomicReferenceArray<>(channels);
        Arrays.setAll(bytes, channel -> table(channel, BYTES));
    }

    /**
     * As a network sees the pixels of an image of that many channels.
     *
     * @param normalisation with an entry for each channel, or one for all
     * @param channels      of the image
     * @return the meaning
     */
    public static Meaning of(Normalisation normalisation, int channels) {
        return new Meaning(channels, normalisation.spread(channels), null);
    }

    /**
     * Of labels that were stored as whole numbers: what each means, in all channels. Labels that were stored as real
     * numbers mean themselves.
     *
     * @param labels by number; one beyond them must not occur
     * @return the meaning
     */
    public static Meaning of(float[] labels) {
        return new Meaning(1, null, labels.clone());
    }

    /** What each byte means. */
    float[] ofBytes(int channel) {
        return bytes[Math.min(channel, bytes.length - 1)];
    }

    /** What each number of 16 bits means. */
    float[] ofShorts(int channel) {
        int entry = Math.min(channel, bytes.length - 1);
        float[] known = shorts.get(entry);
        if (known == null) {
            known = table(entry, SHORTS);
            shorts.set(entry, known);
        }
        return known;
    }

    /** Makes of real numbers, places by channels, what they mean. */
    void ofFloats(int channels, int count, float[] row) {
        for (int c = 0; normalisation != null && c < channels; c++) {
            for (int i = c; i < count * channels; i += channels) {
                row[i] = normalisation.of(c, row[i], 1);
            }
        }
    }

    private float[] table(int channel, int size) {
        float[] table = new float[size];
        for (int value = 0; value < size; value++) {
            table[value] = normalisation != null ? normalisation.of(channel, value, size - 1)
                    : labels == null ? value : value < labels.length ? labels[value] : Float.NaN;
        }
        return table;
    }
}
