package io.gimbal.data;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * What a network sees of a stored value v: <b>(v / full - mean) / deviation</b>, channel by channel, where {@code full}
 * is the largest value that can be stored: 255 for 8 bits, 65535 for 16 bits, 1 for real numbers. Immutable.
 *
 * @param mean      by channel; of one entry, the same for all channels
 * @param deviation by channel, above 0; as many as means
 */
public record Normalisation(List<Float> mean, List<Float> deviation) {
    /** Of red, green and blue in the pictures of ImageNet, as published networks were trained with. */
    public static final Normalisation IMAGENET = new Normalisation(List.of(0.485f, 0.456f, 0.406f),
            List.of(0.229f, 0.224f, 0.225f));
    /** The whole range of what can be stored becomes [-2, 2], so that values spread by about 1. The default. */
    public static final Normalisation RANGE = new Normalisation(List.of(0.5f), List.of(0.25f));
    /** The largest value of 8 bits. */
    public static final int FULL_BYTE = 255;

    /**
     * Checks that the parts fit together.
     *
     * @throws UserException naming the part that cannot be
     */
    public Normalisation {
        mean = List.copyOf(Objects.requireNonNull(mean, "mean is null"));
        deviation = List.copyOf(Objects.requireNonNull(deviation, "deviation is null"));
        if (mean.isEmpty() || mean.size() != deviation.size()) {
            throw new UserException("a normalisation has a mean and a standard deviation a channel; there are "
                    + mean.size() + " and " + deviation.size() + ".");
        }
        mean.forEach(value -> Range.FINITE.check("a mean", value));
        deviation.forEach(value -> Range.POSITIVE.check("a standard deviation", value));
    }

    /**
     * {@return whether there is an entry for each of that many channels, or one for all}
     *
     * @param channels of images
     */
    public boolean fits(int channels) {
        return mean.size() == 1 || mean.size() == channels;
    }

    /**
     * {@return the same with an entry for each of that many channels}
     *
     * @param channels of images
     */
    public Normalisation spread(int channels) {
        if (!fits(channels)) {
            throw new UserException("a normalisation of " + mean.size() + " channels is given for images of " + channels
                    + ".");
        }
        return mean.size() == channels ? this : new Normalisation(Collections.nCopies(channels, mean.getFirst()),
                Collections.nCopies(channels, deviation.getFirst()));
    }

    /**
     * {@return what a stored value of a channel becomes}
     *
     * @param channel from 0
     * @param value   as it is stored
     * @param full    the largest that can be stored, such as 255; 1 for real numbers
     */
    public float of(int channel, float value, float full) {
        int entry = mean.size() == 1 ? 0 : channel;
        return (value / full - mean.get(entry)) / deviation.get(entry);
    }

    /**
     * {@return what value of 0 to 255 a channel's value was made of, not rounded: for pictures of what a network saw}
     *
     * @param channel from 0
     * @param value   as a network saw it
     */
    public float stored(int channel, float value) {
        return stored(channel, value, FULL_BYTE);
    }

    /**
     * {@return what stored value a channel's value was made of: the inverse of {@link #of}, not rounded}
     *
     * @param channel from 0
     * @param value   as a network sees it
     * @param full    the largest that can be stored, such as 255; 1 for real numbers
     */
    public float stored(int channel, float value, float full) {
        int entry = mean.size() == 1 ? 0 : channel;
        return (value * deviation.get(entry) + mean.get(entry)) * full;
    }

    /**
     * {@return what each byte, 0 to 255, of a channel becomes}
     *
     * @param channel from 0
     */
    public float[] table(int channel) {
        float[] table = new float[FULL_BYTE + 1];
        for (int value = 0; value < table.length; value++) {
            table[value] = of(channel, value, FULL_BYTE);
        }
        return table;
    }
}
