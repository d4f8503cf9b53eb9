package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.Intake;
import io.gimbal.data.Layer;
import io.gimbal.data.Plane;
import io.gimbal.picture.ArrayChoice;
import io.gimbal.picture.HeapShare;
import io.gimbal.picture.MatlabArray;
import io.gimbal.picture.MatlabFile;
import io.gimbal.picture.PictureFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Parts of objects of one kind, in PASCAL-Part's files (Chen et al., CVPR 2014): {@code anno.objects(i).class_ind} is
 * the kind, {@code .parts(j).part_name} and {@code .mask} are its parts. A later part covers an earlier one; all that
 * is no part is class 0. A file without any part of such an object has no labels.
 */
final class PartDecoder implements PixelDecoder {
    static final List<String> KEYS = List.of("object", "parts", "classes", "ignore", "names");

    private static final String VARIABLE = "anno";
    private static final int MOST_CLASSES = 255;

    private final int object;
    private final Map<String, Integer> parts = new LinkedHashMap<>();
    private final ClassDecoder classes;
    private final String field;

    PartDecoder(String name, Config spec) {
        field = name;
        object = spec.integer("object");
        int count = spec.integerIn("classes", 2, MOST_CLASSES);
        Config numbers = spec.object("parts");
        for (String part : numbers.keys()) {
            parts.put(part, numbers.find(part).orElseThrow().integerIn(0, count - 1));
        }
        classes = new ClassDecoder(name, spec);
    }

    @Override
    public Layer layer() {
        return classes.layer();
    }

    @Override
    public Plane decode(PictureFile picture, Intake.Kept kept) {
        return classes.decode(picture, kept);
    }

    @Override
    public Optional<PictureFile> open(Path file, ArrayChoice choice) {
        MatlabFile matlab = MatlabFile.open(file);
        return HeapShare.lend(matlab.bytes(VARIABLE), () -> picture(file, matlab.array(VARIABLE)));
    }

    private Optional<PictureFile> picture(Path file, MatlabArray annotation) {
        byte[] pixels = null;
        List<Integer> shape = List.of();
        for (MatlabStruct whole : MatlabStruct.of(file, VARIABLE, annotation)) {
            for (MatlabStruct thing : whole.structs("objects")) {
                for (MatlabStruct part : thing.number("class_ind") == object ? thing.structs("parts")
                        : List.<MatlabStruct>of()) {
                    MatlabArray.Numbers mask = part.matrix("mask");
                    if (pixels == null) {
                        shape = mask.shape();
                        pixels = new byte[mask.count()];
                    }
                    requireShape(part, mask, shape);
                    draw(pixels, mask, number(part));
                }
            }
        }
        return pixels == null || empty(pixels) ? Optional.empty()
                : Optional.of(PictureFile.ofNumbers(file, pixels, shape.get(0), shape.get(1)));
    }

    private static boolean empty(byte[] pixels) {
        for (byte pixel : pixels) {
            if (pixel != 0) {
                return false;
            }
        }
        return true;
    }

    private static void requireShape(MatlabStruct part, MatlabArray.Numbers mask, List<Integer> shape) {
        if (!mask.shape().equals(shape)) {
            throw new UserException(part.file() + ": " + part.place() + ".mask has the shape " + mask.shape()
                    + ", where the first part's has " + shape + "; an image's masks have one.");
        }
    }

    private int number(MatlabStruct part) {
        String name = part.text("part_name");
        Integer number = parts.get(name);
        if (number == null) {
            throw new UserException(part.file() + ": " + part.place() + ".part_name is " + Names.quote(name)
                    + ", and which class that is the field " + field + " does not say." + Names.hint(name,
                            parts.keySet()));
        }
        return number;
    }

    /** The mask lies column by column, pixels row by row. */
    private static void draw(byte[] pixels, MatlabArray.Numbers mask, int number) {
        int height = mask.shape().get(0);
        int width = mask.shape().get(1);
        for (int column = 0; column < width; column++) {
            for (int row = 0; row < height; row++) {
                if (mask.at(column * height + row) != 0) {
                    pixels[row * width + column] = (byte) number;
                }
            }
        }
    }
}
