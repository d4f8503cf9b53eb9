package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.data.Plane;
import io.gimbal.picture.ArrayChoice;
import io.gimbal.picture.PictureFile;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A second file of an example, which says at which pixels the labels of the first one are some. Immutable.
 *
 * @param numbers those that say so; empty where all but 0 do
 */
record LabelMask(FilePattern files, ArrayChoice choice, Set<Integer> numbers) {
    private static final String DUE = "It masks labels by the numbers of its one channel.";

    LabelMask {
        numbers = Set.copyOf(numbers);
    }

    static LabelMask read(Config spec, Path folder, List<String> columns) {
        spec.allow("file", "array", "numbers");
        Set<Integer> numbers = new HashSet<>();
        if (spec.has("numbers")) {
            spec.list("numbers").forEach(number -> numbers.add(number.integer()));
            if (numbers.isEmpty()) {
                throw spec.error("numbers", "names none, so that no label would be left; leave it out where all but 0 "
                        + "are meant");
            }
        }
        return new LabelMask(FilePattern.of(spec, folder, columns), ArrayChoice.of(spec.text("array", "")), numbers);
    }

    /** What its files are called beside those of the field. */
    static String key(String field) {
        return field + "/mask";
    }

    /** The vectors, but none where the mask has none. */
    Plane masked(Plane vectors, PictureFile mask) {
        if (!(vectors instanceof Plane.Directions directions)) {
            throw new IllegalStateException("vectors alone are masked, not " + vectors.getClass());
        }
        int[] stored = mask.classNumbers(DUE);
        byte[] kept = directions.values().clone();
        for (int i = 0; i < stored.length; i++) {
            if (numbers.isEmpty() ? stored[i] == 0 : !numbers.contains(stored[i])) {
                kept[3 * i] = 0;
                kept[3 * i + 1] = 0;
                kept[3 * i + 2] = 0;
            }
        }
        return new Plane.Directions(kept);
    }
}
