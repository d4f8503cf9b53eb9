package io.gimbal.data;

import io.gimbal.config.Names;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Images of one size with their labels, by number; or rows of a table, which are images of one pixel.
 *
 * <p>Images are H, W, C {@code float32}, by default red, green and blue as {@link Normalisation} makes them of the 0 to
 * 255 that are stored. Labels are as {@link Field} says.
 *
 * <p>Implementations are safe for use by several threads at once, and a sample is a pure function of its number and of
 * {@code flip}: the same bits each time, whichever thread asks.
 */
public interface DataSet {

    /** {@return how many samples there are} */
    int size();

    /** {@return how many rows every image has} */
    int height();

    /** {@return how many columns every image has} */
    int width();

    /** {@return values of a pixel, or of a row of a table; 3, red, green and blue, by default} */
    default int channels() {
        return 3;
    }

    /**
     * {@return how stored values became those of the images, for pictures of these; {@link Normalisation#RANGE} by
     * default}
     */
    default Normalisation normalisation() {
        return Normalisation.RANGE;
    }

    /**
     * {@return how images of other sizes met this one, for photos that are predicted; {@link Fit#STRETCH} by default}
     */
    default Fit fit() {
        return Fit.STRETCH;
    }

    /** {@return what is known of the samples, in the set's own order} */
    List<Field> fields();

    /**
     * Writes one sample.
     *
     * <p>Every value of the image and of each target is to be written, unlabelled pixels with {@link Field#ignore}:
     * the buffers still hold what another sample left there. Values are put by absolute index from 0; positions and
     * limits of the buffers are not used.
     *
     * @param index   0 to {@link #size()} - 1
     * @param flip    mirrors the sample left to right; the x component of vectors and flow changes its sign too
     * @param image   room for height * width * channels values
     * @param targets for each field wanted, by name, room for {@link Field#places places} * channels values, in native
     *                byte order; fields not named here are left out
     * @throws io.gimbal.config.UserException if the sample's files are missing, damaged or not what this set holds;
     *                                        names the file
     * @throws IllegalArgumentException       if a target is named that the set does not have
     */
    void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets);

    /**
     * Writes one sample, varied. What a set has finished is varied at the size that it has; one that keeps what is
     * stored ({@link StoredSet}) does it better.
     *
     * @param index     from 0 to {@link #size} - 1
     * @param variation how
     * @param image     takes height * width * channels values
     * @param targets   by field, each with room for one sample, in native byte order
     * @throws io.gimbal.config.UserException as {@link #read(int, boolean, FloatBuffer, Map)} throws it
     */
    default void read(int index, Variation variation, FloatBuffer image, Map<String, ByteBuffer> targets) {
        if (variation.plain()) {
            read(index, variation.flip(), image, targets);
        } else {
            FinishedSamples.vary(this, index, variation, image, targets);
        }
    }

    /**
     * {@return what this set is known by when a run goes on with it} By default its number of samples, their size
     * and their fields; a set of files gives their names and sizes, too, so that an exchanged sample is seen.
     *
     * @throws io.gimbal.config.UserException if a file cannot be looked at; names it
     */
    default DataIdentity identity() {
        return DataIdentity.of(size(), List.of(height(), width(), channels(), fields()));
    }

    /**
     * {@return what the samples to learn from told, by which all others are read alike, as an object in JSON: of a
     * table the means and deviations of its columns, their categories, and the fields' classes} Checkpoints keep it.
     * Empty where each sample is read by itself, the default.
     */
    default Optional<String> statistics() {
        return Optional.empty();
    }

    /** {@return where the samples are listed, for messages: a file's name, or what else decides which they are} */
    default String origin() {
        return "the data";
    }

    /**
     * {@return what a sample is called, for messages: by default its number}
     *
     * @param index from 0 to {@link #size} - 1
     */
    default String name(int index) {
        return "number " + index;
    }

    /**
     * {@return the files that a sample is read from, its image's first; by default none}
     *
     * @param index from 0 to {@link #size} - 1
     */
    default List<Path> files(int index) {
        return List.of();
    }

    /**
     * {@return the field of that name}
     *
     * @param name as a field has it
     * @throws IllegalArgumentException if there is none; lists those there are
     */
    default Field field(String name) {
        for (Field field : fields()) {
            if (field.name().equals(name)) {
                return field;
            }
        }
        throw new IllegalArgumentException("no field " + Names.quote(name) + " in this data set; it has "
                + Names.list(fields().stream().map(Field::name).toList()));
    }
}
