package io.gimbal.data;

import io.gimbal.config.UserException;
import java.util.List;
import java.util.Objects;

/**
 * A field of samples that are kept as {@linkplain Plane planes}, and what turns the stored numbers into its values.
 *
 * <p>Points, and what coordinates are made of, are kept as real numbers, three for each place where one is: its column
 * and row in pixels of the kept image (0, 0 is the middle of the first one), and its number; a point may be at several
 * places, or at none; of coordinates the last place counts. A sample without any label of a field has no plane of it.
 *
 * @param field    the field
 * @param meaning  of the stored numbers
 * @param sigma    of points: the width of the bell that stands at each, in pixels of the finished image, above 0
 * @param mirrored of points and coordinates, and of classes of the whole image: for each the one that it becomes in a
 *                 mirror, as the left eye becomes the right one; empty where every one stays itself
 */
public record Layer(Field field, Meaning meaning, double sigma, List<Integer> mirrored) {
    /** Keeps its own list. */
    public Layer {
        Objects.requireNonNull(field, "field is null");
        Objects.requireNonNull(meaning, "meaning is null");
        mirrored = List.copyOf(mirrored);
        if (field.kind() == Field.Kind.POINTS && !(sigma > 0 && sigma < Double.POSITIVE_INFINITY)) {
            throw new UserException("field '" + field.name() + "': sigma is " + sigma
                    + ", but must be a number of pixels above 0.");
        }
        if (!mirrored.isEmpty() && mirrored.size() != field.parts()) {
            throw new UserException("field '" + field.name() + "': there are mirrors for " + mirrored.size() + " of "
                    + field.parts() + (field.kind() == Field.Kind.CLASSES ? " classes." : " points."));
        }
        for (int part : mirrored) {
            if (part < 0 || part >= field.parts()) {
                throw new UserException("field '" + field.name() + "': " + part + " is no mirror; there are "
                        + field.parts() + ", from 0.");
            }
        }
    }

    /**
     * Of a field that is no points, and no coordinates that a mirror exchanges.
     *
     * @param field   what it is
     * @param meaning what stored numbers mean
     */
    public Layer(Field field, Meaning meaning) {
        this(field, meaning, 1, List.of());
    }

    /** The point or class that one becomes in a mirror. */
    int mirror(int number) {
        return mirrored.isEmpty() ? number : mirrored.get(number);
    }
}
