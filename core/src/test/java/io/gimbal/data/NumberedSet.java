package io.gimbal.data;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/** A data set whose every value tells which sample it is of: 2 x 3 pixels of index, or of index + 0.5 where flipped. */
record NumberedSet(int size, int broken) implements DataSet {
    static final Field CLASS = Field.ofClasses("class", 1000, 999);
    static final Field VALUE = Field.ofValues("value", 2, -1);

    @Override
    public int height() {
        return 2;
    }

    @Override
    public int width() {
        return 3;
    }

    @Override
    public List<Field> fields() {
        return List.of(CLASS, VALUE);
    }

    @Override
    public void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
        if (index == broken) {
            throw new UserException("sample " + index + ".png: a damaged picture");
        }
        for (int i = 0; i < image.limit(); i++) {
            image.put(i, flip ? index + 0.5f : index);
        }
        ByteBuffer classes = targets.get("class");
        for (int i = 0; classes != null && i < classes.limit(); i += 4) {
            classes.putInt(i, index);
        }
        ByteBuffer values = targets.get("value");
        for (int i = 0; values != null && i < values.limit(); i += 4) {
            values.putFloat(i, index * 2);
        }
    }
}
