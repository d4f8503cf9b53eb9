package io.gimbal.drawing;

import io.gimbal.data.Field;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Classes, each in a colour of its own; predicted is the one with the largest logit. */
final class ClassDrawing extends Drawing {
    private static final int MOST_LISTED = 64;

    ClassDrawing(Field field) {
        super(field);
    }

    @Override
    int[] truth(int[] photograph, ByteBuffer truth, Optional<Scale> scale) {
        return panel(pixels(truth), pixel -> colour(truth.getInt(Integer.BYTES * pixel)));
    }

    private int colour(int number) {
        return number == (int) field.ignore() || number < 0 || number >= field.classes() ? Colours.UNLABELLED
                : Colours.ofClass(number);
    }

    @Override
    int[] prediction(int[] photograph, FloatBuffer prediction, Optional<Scale> scale) {
        return panel(pixels(prediction), pixel -> Colours.ofClass(largest(prediction, pixel * field.classes(),
                field.classes())));
    }

    @Override
    List<Entry> legend() {
        List<Entry> entries = new ArrayList<>();
        for (int number = 0; number < Math.min(field.classes(), MOST_LISTED); number++) {
            entries.add(new Entry(field.nameOf(number), Colours.ofClass(number)));
        }
        entries.add(new Entry("unlabelled", Colours.UNLABELLED));
        return entries;
    }

    @Override
    String key() {
        return field.classes() > MOST_LISTED ? "the first " + MOST_LISTED + " of " + field.classes() + " classes" : "";
    }

    /** The number of the largest of some values; the first of several. */
    static int largest(FloatBuffer values, int from, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (values.get(from + i) > values.get(from + best)) {
                best = i;
            }
        }
        return best;
    }
}
