package io.gimbal.source;

import io.gimbal.data.Layer;
import io.gimbal.data.Plane;
import io.gimbal.picture.ArrayChoice;
import java.util.Optional;
import java.util.function.Function;

/** A field of a folder's examples, and where its labels come from. */
sealed interface FolderField {
    /** How it is kept. */
    Layer layer();

    /** Labels of pixels, in a file an example; and another file that masks them, where there is one. */
    record Pixels(PixelDecoder decoder, FilePattern files, ArrayChoice choice, Optional<LabelMask> mask)
            implements FolderField {
        @Override
        public Layer layer() {
            return decoder.layer();
        }
    }

    /** Points, as heat maps or coordinates, in one file for all examples. */
    record Points(Layer layer, PointTable table) implements FolderField { }

    /** What is known of the image as a whole, in its row of the list; nothing where its cells are empty. */
    record Cell(Layer layer, Function<Example, Optional<Plane>> reader) implements FolderField { }
}
