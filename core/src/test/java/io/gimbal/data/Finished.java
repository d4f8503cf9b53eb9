package io.gimbal.data;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/** The one sample of a set, finished by the set itself, so that what varies it sees finished samples alone. */
record Finished(DataSet made) implements DataSet {
    @Override
    public int size() {
        return 1;
    }

    @Override
    public int height() {
        return made.height();
    }

    @Override
    public int width() {
        return made.width();
    }

    @Override
    public List<Field> fields() {
        return made.fields();
    }

    @Override
    public void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
        made.read(index, flip, image, targets);
    }
}
