package io.gimbal.source;

import io.gimbal.data.Intake;
import io.gimbal.data.Layer;
import io.gimbal.data.Plane;
import io.gimbal.picture.ArrayChoice;
import io.gimbal.picture.PictureFile;
import java.nio.file.Path;
import java.util.Optional;

/** Makes labels of pixels of a file. Safe for use by several threads. */
interface PixelDecoder {
    /** The field that it makes. */
    Layer layer();

    /** The pixels in a file, as stored, of which labels are made; nothing where it says that there are none. */
    default Optional<PictureFile> open(Path file, ArrayChoice choice) {
        return Optional.of(PictureFile.openAsStored(file, choice));
    }

    /**
     * The labels at the file's own size.
     *
     * @param kept the size that they will be kept at
     * @throws io.gimbal.config.UserException if the file holds something else; names it, and the place
     */
    Plane decode(PictureFile picture, Intake.Kept kept);
}
