package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.data.Intake;
import io.gimbal.data.Layer;
import io.gimbal.data.Meaning;
import io.gimbal.data.Plane;
import io.gimbal.picture.PictureFile;
import java.util.List;

/** Class numbers, kept as bytes where there are few enough. */
final class ClassDecoder implements PixelDecoder {
    static final List<String> KEYS = List.of("classes", "ignore", "map", "names");
    static final int DEFAULT_IGNORE = 255;

    private static final int BYTE = 255;
    private static final int SHORT = 65535;

    private final Layer layer;
    private final ClassMap map;
    private final boolean bytes;
    private final String due;

    ClassDecoder(String name, Config spec) {
        int classes = spec.integerIn("classes", 1, SHORT);
        int ignore = spec.integer("ignore", DEFAULT_IGNORE);
        List<String> names = FieldNames.of(spec, "names", classes);
        Field field = spec.placed(() -> Field.ofClasses(name, classes, ignore).named(names));
        if (ignore >= 0 && ignore < classes) {
            throw spec.error("ignore", "is " + ignore + ", which is one of the " + classes + " classes, 0 to "
                    + (classes - 1) + "; take another number for pixels without a label");
        }
        map = new ClassMap(spec.find("map").orElse(null), classes, ignore);
        bytes = classes <= BYTE;
        float[] meanings = new float[bytes ? BYTE + 1 : SHORT + 1];
        for (int number = 0; number < meanings.length; number++) {
            meanings[number] = number == meanings.length - 1 ? ignore : number;
        }
        layer = new Layer(field, Meaning.of(meanings));
        due = "The field " + name + " has the classes 0 to " + (classes - 1) + ", as numbers of one channel; "
                + "which class a colour means, 'map' says.";
    }

    @Override
    public Layer layer() {
        return layer;
    }

    @Override
    public Plane decode(PictureFile picture, Intake.Kept kept) {
        if (map.ofColours()) {
            byte[] colours = picture.colours();
            int[] numbers = new int[colours.length / 3];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (colours[3 * i] & 255) << 16 | (colours[3 * i + 1] & 255) << 8 | colours[3 * i + 2] & 255;
            }
            return plane(picture, numbers);
        }
        return plane(picture, picture.classNumbers(due));
    }

    private Plane plane(PictureFile picture, int[] stored) {
        byte[] small = new byte[bytes ? stored.length : 0];
        short[] large = new short[bytes ? 0 : stored.length];
        for (int i = 0; i < stored.length; i++) {
            int number = map.of(stored[i]);
            if (number == ClassMap.UNKNOWN) {
                throw unknown(picture, stored[i], i);
            }
            // The last number stands for "no label".
            if (bytes) {
                small[i] = (byte) number;
            } else {
                large[i] = (short) number;
            }
        }
        return bytes ? new Plane.Bytes(small, 1) : new Plane.Shorts(large, 1);
    }

    private UserException unknown(PictureFile picture, int stored, int place) {
        Field field = layer.field();
        String what = map.ofColours() ? String.format("the colour #%06x", stored) : "class number " + stored;
        String example = map.ofColours() ? String.format("\"#%06x\"", stored) : "\"" + stored + "\"";
        return new UserException(picture.path() + ": " + what + " at row " + place / picture.width() + ", column "
                + place % picture.width() + ", where the field " + field.name() + " has classes 0 to "
                + (field.classes() - 1) + (map.ofColours() ? "" : " and " + (int) field.ignore() + " for no label")
                + ". Mend the file, or say what it means: \"map\": {" + example + ": \"ignore\"} or a class.");
    }
}
