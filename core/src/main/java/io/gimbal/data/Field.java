package io.gimbal.data;

import io.gimbal.config.Counts;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/**
 * One thing that a data set knows of an image, and so one thing a task can learn: "segmentation", "depth", "normals",
 * "joints", "age". It is known of every pixel, or of the image as a whole.
 *
 * <p>A sample's field is packed H, W, C (image rows first, channels last): {@code int32} with one channel for
 * {@link Kind#CLASSES}, {@code float32} for all others; native byte order. One of the whole image has one place.
 *
 * @param name       the name by which tasks ask for it
 * @param channels   values per place; 1 for {@link Kind#CLASSES}, 2 a point for {@link Kind#COORDINATES}
 * @param kind       what a value is, which decides how it turns with the image
 * @param classes    how many classes there are, numbered from 0; 0 for all but {@link Kind#CLASSES}
 * @param ignore     what stands at places that nobody labelled: a class number, or the value of <em>all</em> channels
 * @param wholeImage whether it is known of the image as a whole and not of each pixel
 * @param names      what classes, coordinates' points, or else channels, are called, by number; may be empty
 * @param between    of coordinates: the two points whose distance errors are measured by, as that of the eyes; empty
 *                   where that is the image's diagonal, and for all other kinds
 */
public record Field(String name, int channels, Kind kind, int classes, float ignore, boolean wholeImage,
        List<String> names, List<Integer> between) {

    private static final int MOST_CHANNELS = Integer.MAX_VALUE / Float.BYTES;
    private static final int DIRECTION_CHANNELS = 3;
    private static final int FLOW_CHANNELS = 2;

    /** What a field's values are. */
    public enum Kind {
        /** A class number, {@code int32}. */
        CLASSES(0),
        /** Real numbers that stay what they are however the image is turned. */
        VALUES(0),
        /** 1 on an edge, a line one pixel wide, else 0; one channel. */
        EDGES(1),
        /** Distances along the camera's axis, one channel: an image shown larger shows things nearer. */
        DEPTH(1),
        /** Unit vectors in the camera's axes (x right, y down, z forward): they turn with the image. */
        VECTORS(DIRECTION_CHANNELS),
        /** Displacements in pixels of the image (x right, y down): they turn and grow with the image. */
        FLOW(FLOW_CHANNELS),
        /**
         * Heat maps, a channel a point: exp(-d^2 / (2 sigma^2)) at distance d from the point, and 0 everywhere where
         * the point is not in the image.
         */
        POINTS(0),
        /**
         * Where points are, of the image as a whole: column and row of each, two channels a point, in parts of the
         * image's width and height, (column + 0.5) / width, where 0 is the middle of the first column. They move with
         * the image. Where a point is not known, or not in the image, all of them are unlabelled.
         */
        COORDINATES(0);

        /** How many channels such a field has; 0: any number. */
        private final int due;

        Kind(int due) {
            this.due = due;
        }
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
        names = List.copyOf(Objects.requireNonNull(names, place + "names is null"));
        between = List.copyOf(Objects.requireNonNull(between, place + "between is null"));
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
        if (kind != Kind.CLASSES && classes != 0) {
            throw new UserException(place + "values have no classes, so that classes must be 0; it is " + classes
                    + ".");
        }
        if (kind.due != 0 && channels != kind.due) {
            throw new UserException(place + "channels is " + channels + ", but " + kind + " needs " + kind.due + ".");
        }
        if (wholeImage && kind != Kind.CLASSES && kind != Kind.VALUES && kind != Kind.COORDINATES) {
            throw new UserException(place + "a whole image has CLASSES or VALUES, not " + kind + ".");
        }
        if (kind == Kind.COORDINATES && (!wholeImage || channels % 2 != 0)) {
            throw new UserException(place + "coordinates are of the whole image, two channels a point; it has "
                    + channels + (wholeImage ? "." : ", of each pixel."));
        }
        int named = parts(kind, classes, channels);
        if (!names.isEmpty() && names.size() != named) {
            throw new UserException(place + "there are " + names.size() + " names for " + named
                    + (kind == Kind.CLASSES ? " classes." : kind == Kind.COORDINATES ? " points." : " channels."));
        }
        if (!between.isEmpty() && !areTwoPoints(kind, between, channels)) {
            throw new UserException(place + "between is " + between + ", but must be two of the points of "
                    + "coordinates.");
        }
        Range.FINITE.check(place + "ignore", ignore);
    }

    private static int parts(Kind kind, int classes, int channels) {
        return kind == Kind.CLASSES ? classes : kind == Kind.COORDINATES ? channels / 2 : channels;
    }

    private static boolean areTwoPoints(Kind kind, List<Integer> between, int channels) {
        return kind == Kind.COORDINATES && between.size() == 2 && !between.getFirst().equals(between.getLast())
                && between.stream().allMatch(point -> point >= 0 && point < channels / 2);
    }

    /**
     * A field without a distance that errors are measured by.
     *
     * @param name       what it is called
     * @param channels   values of a place
     * @param kind       what the values are
     * @param classes    how many there are; 0 for a field that has none
     * @param ignore     what stands at unlabelled places
     * @param wholeImage whether it is known of the image as a whole and not of each pixel
     * @param names      what its parts are called, by number; may be empty
     */
    public Field(String name, int channels, Kind kind, int classes, float ignore, boolean wholeImage,
            List<String> names) {
        this(name, channels, kind, classes, ignore, wholeImage, names, List.of());
    }

    /**
     * A field of every pixel whose classes or channels have no names.
     *
     * @param name     what it is called
     * @param channels values of a place
     * @param kind     what the values are
     * @param classes  how many there are; 0 for a field that has none
     * @param ignore   what stands at unlabelled places
     */
    public Field(String name, int channels, Kind kind, int classes, float ignore) {
        this(name, channels, kind, classes, ignore, false, List.of());
    }

    /**
     * A field of class numbers 0 to classes - 1.
     *
     * @param name    what it is called
     * @param classes how many there are, at least 1
     * @param ignore  the number that stands at unlabelled pixels; one that float32 holds exactly
     * @return the field
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
     * @param name     what it is called
     * @param channels values of a place, at least 1
     * @param ignore   the value of all channels of an unlabelled pixel
     * @return the field
     */
    public static Field ofValues(String name, int channels, float ignore) {
        return new Field(name, channels, Kind.VALUES, 0, ignore);
    }

    /**
     * A field of edges: 1 on lines one pixel wide, else 0.
     *
     * @param name   what it is called
     * @param ignore the value of an unlabelled pixel
     * @return the field
     */
    public static Field ofEdges(String name, float ignore) {
        return new Field(name, 1, Kind.EDGES, 0, ignore);
    }

    /**
     * A field of distances along the camera's axis.
     *
     * @param name   what it is called
     * @param ignore the value of an unlabelled pixel
     * @return the field, in metres
     */
    public static Field ofDepth(String name, float ignore) {
        return new Field(name, 1, Kind.DEPTH, 0, ignore);
    }

    /**
     * A field of unit vectors in the camera's axes.
     *
     * @param name   what it is called
     * @param ignore the value of all channels of an unlabelled pixel
     * @return the field, of three channels
     */
    public static Field ofVectors(String name, float ignore) {
        return new Field(name, DIRECTION_CHANNELS, Kind.VECTORS, 0, ignore);
    }

    /**
     * A field of displacements in pixels.
     *
     * @param name   what it is called
     * @param ignore the value of all channels of an unlabelled pixel
     * @return the field, of two channels
     */
    public static Field ofFlow(String name, float ignore) {
        return new Field(name, FLOW_CHANNELS, Kind.FLOW, 0, ignore);
    }

    /**
     * A field of heat maps, a channel a point.
     *
     * @param name   what it is called
     * @param points how many, at least 1
     * @param ignore the value of all channels where nothing is known
     * @return the field
     */
    public static Field ofPoints(String name, int points, float ignore) {
        return new Field(name, points, Kind.POINTS, 0, ignore);
    }

    /**
     * A field of the coordinates of points.
     *
     * @param name   what it is called
     * @param points how many, at least 1
     * @param ignore the value of all channels where not all points are known
     * @return the field, of the whole image, of two channels a point
     */
    public static Field ofCoordinates(String name, int points, float ignore) {
        Counts.atLeast("field " + Names.quote(name) + ": points", points, 1);
        if (points > MOST_CHANNELS / 2) {
            throw new UserException("field " + Names.quote(name) + ": points is " + points + ", but must be at most "
                    + MOST_CHANNELS / 2 + ".");
        }
        return new Field(name, 2 * points, Kind.COORDINATES, 0, ignore, true, List.of());
    }

    /**
     * The same, known of the image as a whole.
     *
     * @return another field; this one stays
     */
    public Field ofTheWholeImage() {
        return new Field(name, channels, kind, classes, ignore, true, names, between);
    }

    /**
     * The same, with names of its {@linkplain #parts parts}, by number.
     *
     * @param all as many as there are parts
     * @return another field; this one stays
     */
    public Field named(List<String> all) {
        return new Field(name, channels, kind, classes, ignore, wholeImage, all, between);
    }

    /**
     * The same coordinates, whose errors are measured by the distance of two of the points.
     *
     * @param one   the number of a point
     * @param other of another one
     * @return another field; this one stays
     */
    public Field measuredBetween(int one, int other) {
        return new Field(name, channels, kind, classes, ignore, wholeImage, names, List.of(one, other));
    }

    /**
     * {@return whether values are distances, which get nearer as the image is magnified: those of {@link Kind#DEPTH},
     * and plain values of one channel that are called "depth"}
     */
    public boolean isDepth() {
        return kind == Kind.DEPTH || plain(1) && name.equals("depth");
    }

    /**
     * {@return whether values are unit vectors, which turn with the image: those of {@link Kind#VECTORS}, and plain
     * values of three channels that are called "normals"}
     */
    public boolean isVectors() {
        return kind == Kind.VECTORS || plain(DIRECTION_CHANNELS) && name.equals("normals");
    }

    private boolean plain(int due) {
        return kind == Kind.VALUES && !wholeImage && channels == due;
    }

    /** {@return how many values a network predicts for a place: a logit a class, or a value a channel} */
    public int predicted() {
        return kind == Kind.CLASSES ? classes : channels;
    }

    /** {@return how many there are of what names are of: classes, points, or else channels} */
    public int parts() {
        return parts(kind, classes, channels);
    }

    /**
     * {@return how many places a sample has with images of that size: its pixels, or 1}
     *
     * @param height rows of an image
     * @param width  columns of an image
     */
    public long places(int height, int width) {
        return wholeImage ? 1 : (long) height * width;
    }

    /**
     * {@return what a class, point or channel is called: its name where it has one, or else its number}
     *
     * @param number of a {@linkplain #parts part}
     */
    public String nameOf(int number) {
        return number < names.size() ? names.get(number) : Integer.toString(number);
    }

    /**
     * {@return what a channel of values is called: of coordinates the point's name and x or y}
     *
     * @param channel from 0 to {@link #channels} - 1
     */
    public String channelName(int channel) {
        return kind == Kind.COORDINATES ? nameOf(channel / 2) + (channel % 2 == 0 ? " x" : " y") : nameOf(channel);
    }

    /** {@return how many bytes this field has for a place: 4 a channel} */
    public int bytesPerPlace() {
        return 4 * channels;
    }

    /**
     * Marks every place that the buffer has room for, from index 0 to its limit, as unlabelled. Position and limit
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

    /** As all parts are written; runs know their data by it, so that what is empty for most kinds is not in it. */
    @Override
    public String toString() {
        return "Field[name=" + name + ", channels=" + channels + ", kind=" + kind + ", classes=" + classes
                + ", ignore=" + ignore + ", wholeImage=" + wholeImage + ", names=" + names
                + (between.isEmpty() ? "" : ", between=" + between) + "]";
    }
}
