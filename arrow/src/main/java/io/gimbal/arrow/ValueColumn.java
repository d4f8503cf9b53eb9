package io.gimbal.arrow;

import java.util.Arrays;
import java.util.OptionalDouble;

/** Targets that are values. */
final class ValueColumn extends Column {
    private final OptionalDouble ignore;

    ValueColumn(Elements elements, OptionalDouble ignore) {
        super(elements);
        this.ignore = ignore;
    }

    @Override
    Object room(int rows) {
        return new float[Math.multiplyExact(rows, elements().count())];
    }

    @Override
    void fillUnlabelled(long row, Object into, int at) {
        float marker = (float) ignore.orElseThrow(() -> elements().isNullAt(row,
                ", and the task's loss ignores nothing: give it a marker by ignore(...)"));
        Arrays.fill((float[]) into, at, at + elements().count(), marker);
    }

    @Override
    void copyRow(int start, long row, Object into, int at) {
        elements().floats(start, (float[]) into, at);
    }
}
