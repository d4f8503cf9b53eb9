package io.gimbal.source;

import io.gimbal.config.Faults;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The points of a data set's images.
 *
 * @param names  what the points are called, by number; may be empty where the file does not say
 * @param points for each example that has labels, by its name: column, row and number, three for each place; columns
 *               and rows in pixels of the stored image, of which 0, 0 is the middle of the first one
 */
record PointTable(Path file, List<String> names, Map<String, float[]> points) {
    /**
     * The same, of images each of which has a point at one place at most.
     *
     * @param faults takes others; where they are kept, these images have no points
     */
    PointTable single(Faults faults) {
        Map<String, float[]> single = new HashMap<>();
        points.forEach((example, places) -> {
            BitSet seen = new BitSet();
            for (int i = 2; i < places.length; i += 3) {
                if (seen.get((int) places[i])) {
                    faults.tell(new UserException(file + ": " + Names.quote(example) + " has point "
                            + (int) places[i] + " at several places, of which coordinates have one. Leave one "
                            + "annotation to the image, or take the kind points, which are heat maps."));
                    return;
                }
                seen.set((int) places[i]);
            }
            single.put(example, places);
        });
        return new PointTable(file, names, single);
    }

    /**
     * Refuses points none of which lies in their image: they are another one's, or of one of another size. Single ones
     * may lie outside, as of a limb that the image cuts off.
     */
    void requireInside(String example, int height, int width) {
        float[] places = points.get(example);
        for (int i = 0; i < places.length; i += 3) {
            // Whether 0 is the middle of the first pixel or its edge: both lie in the image.
            if (places[i] >= -0.5 && places[i] <= width && places[i + 1] >= -0.5 && places[i + 1] <= height) {
                return;
            }
        }
        if (places.length > 0) {
            throw new UserException(file + ": none of the points of " + Names.quote(example) + " lies in its image of "
                    + width + " x " + height + " pixels; the first is in column " + places[0] + ", row " + places[1]
                    + ". Give them in this image's pixels, or mark them as not known (v = 0, or empty cells).");
        }
    }
}
