package io.gimbal.data;

import io.gimbal.config.Counts;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * One thing that a data set knows about every pixel of an image, and so one thing a task can learn: "segmentation",
 * "depth", "normals".
 *
 * <p>A sample's field is packed H, W, C (image rows first, channels last): {@code int32} with one channel for
 * {@link Kind#CLASSES}, {@code float32} for {@link Kind#VALUES}; native byte order.
 *
 * @param name     the name by which tasks ask for it
 * @param channels values per pixel; 1 for {@link Kind#CLASSES}
 * @param kind     what a value is
 * @param classes  how many classes there are, numbered from 0; 0 for {@link Kind#VALUES}
 * @param ignore   what stands at pixels that nobody labelled: a class number, or the value of <em>all</em> channels
 */
public record Field(String name, int channels, Kind kind, int classes, float ignore) {

    private static final int MOST_CHANNELS = Integer.MAX_VALUE / Float.BYTES;

    /** What a field's values are. */
    public enum Kind {
        /** A class number, {@code int32}. */
        CLASSES,
        /** Real numbers, {@code float32}. */
        VALUES
    }

    /**
     * Checks that the parts fit together.
     *
     * @throws UserException naming the part that cannot be
     */
    public Field {
        Names.check("a field's name", name);
        String place = "field " + Names.quote(name) + ": ";
        Objects.requireNonNull(kind, place + "kind is null");
        Counts.atLeast(place + "channels", channels, 1);
        if (kind == Kind.CLASSES) {
            Counts.atLeast(place + "classes", classes, 1);
        }
        if (channels > MOST_CHANNELS) {
            throw new UserException(place + "channels is " + channels + ", but must be at most " + MOST_CHANNELS + ".");
        }
        if (kind == Kind.CLASSES && (channels != 1 || ignore != (int) ignore)) {
            throw new UserException(place + "classes need 1 channel and a whole number as ignored class; it has "
                    + channels + " and " + ignore + ".");
        }
        if (kind == Kind.VALUES && classes != 0) {
            throw new UserException(place + "values have no classes, so that classes must be 0; it is " + classes
                    + ".");
        }
        Range.FINITE.check(place + "ignore", ignore);
    }

    /**
     * A field of class numbers 0 to classes - 1.
     *
     * @param ignore the number that stands at unlabelled pixels; one that float32 holds exactly
     */
    public static Field ofClasses(String name, int classes, int ignore) {
        if ((int) (float) ignore != ignore) {
            throw new UserException("field " + Names.quote(name) + ": ignore is " + ignore + ", which float32 makes "
                    + (int) (float) ignore + "; take a number of less than 2^24 in size.");
        }
        return new Field(name, 1, Kind.CLASSES, classes, ignore);
    }

    /**
     * A field of real numbers.
     *
     * @param ignore the value of all channels of an unlabelled pixel
     */
    public static Field ofValues(String name, int channels, float ignore) {
        return new Field(name, channels, Kind.VALUES, 0, ignore);
    }

    /** Bytes of this field per pixel: 4 a channel. */
    public int bytesPerPixel() {
        return 4 * channels;
    }

    /**
     * Marks every pixel that the buffer has room for, from index 0 to its limit, as unlabelled. Position and limit
     * stay.
     *
     * @param target in native byte order
     */
    public void fillUnlabelled(ByteBuffer target) {
        int word = kind == Kind.CLASSES ? (int) ignore : Float.floatToRawIntBits(ignore);
        for (int i = 0; i + 4 <= target.limit(); i += 4) {
            target.putInt(i, word);
        }
    }
}
