package io.gimbal.data;

import java.util.Map;
import java.util.Set;

/**
 * A sample as it is kept: decoded, not varied, at or near the size at which it is used.
 *
 * @param kept   its size
 * @param image  a value a channel and pixel
 * @param fields by name: of pixels as many places as the image has; of the whole image one, of points and coordinates
 *               three channels and a place each (see {@link Layer}). What has no label at all in this sample is not
 *               there
 * @param known  the names of the fields that were looked for
 */
public record Sample(Intake.Kept kept, Plane image, Map<String, Plane> fields, Set<String> known) {
    /** Keeps its own maps. */
    public Sample {
        fields = Map.copyOf(fields);
        known = Set.copyOf(known);
    }

    /** Bytes that it holds on the heap, headers aside. */
    long bytes() {
        return image.bytes() + fields.values().stream().mapToLong(Plane::bytes).sum();
    }
}
