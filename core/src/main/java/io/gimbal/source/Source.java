package io.gimbal.source;

import io.gimbal.data.DataSet;
import java.util.List;

/** A kind of data set, by the name that {@code data.source} has for it. Stateless. */
interface Source {
    /** What {@code data.source} calls it. */
    String name();

    /** The keys that it reads besides those that all sources have. */
    List<String> keys();

    /** Whether its samples are images, so that they can be fitted, flipped and varied. */
    default boolean ofImages() {
        return true;
    }

    /** Whether a mirrored sample is one of the kind, so that samples may be flipped. */
    default boolean mirrors() {
        return ofImages();
    }

    /**
     * Opens it.
     *
     * @throws io.gimbal.config.UserException naming the key, file and place that is at fault
     */
    DataSet open(SourceRequest request);
}
