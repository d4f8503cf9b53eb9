package io.gimbal.drawing;

import io.gimbal.data.Field;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Locale;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What is known of an image as a whole, in words. */
final class Words {
    private static final int MOST_VALUES = 4;

    private Words() {}

    /** A label: a class's name, or the values of the first channels. */
    static String truth(Field field, ByteBuffer truth) {
        if (field.kind() == Field.Kind.CLASSES) {
            int number = truth.getInt(0);
            return number == (int) field.ignore() || number < 0 || number >= field.classes() ? "unlabelled"
                    : field.nameOf(number);
        }
        boolean labelled = IntStream.range(0, field.channels()).anyMatch(channel -> truth.getFloat(Float.BYTES
                * channel) != field.ignore());
        return labelled ? values(field, channel -> truth.getFloat(Float.BYTES * channel)) : "unlabelled";
    }

    /** A network's raw output, likewise. */
    static String prediction(Field field, FloatBuffer prediction) {
        return field.kind() == Field.Kind.CLASSES
                ? field.nameOf(ClassDrawing.largest(prediction, 0, field.classes()))
                : values(field, prediction::get);
    }

    private static String values(Field field, IntToDoubleFunction value) {
        String more = field.channels() > MOST_VALUES ? " ..." : "";
        return IntStream.range(0, Math.min(field.channels(), MOST_VALUES)).mapToObj(channel -> {
            String name = field.channels() == 1 ? "" : field.nameOf(channel) + " ";
            return name + String.format(Locale.ROOT, "%.2f", value.applyAsDouble(channel));
        }).collect(Collectors.joining(", ")) + more;
    }
}
