package io.gimbal.arrow;

import io.gimbal.config.UserException;
import io.gimbal.loss.ClassNumbers;
import io.gimbal.loss.CrossEntropy;
import io.gimbal.loss.Loss;
import java.util.Arrays;

/** Targets that are class numbers. */
final class ClassColumn extends Column {
    private final CrossEntropy loss;

    /** @throws UserException for floats */
    ClassColumn(Elements elements, Loss loss) {
        super(elements);
        this.loss = (CrossEntropy) loss;
        if (!elements.ofIntegers()) {
            throw new UserException(elements.described() + " holds " + elements.type()
                    + ", but class numbers are integers.");
        }
    }

    @Override
    Object room(int rows) {
        return new int[Math.multiplyExact(rows, elements().count())];
    }

    @Override
    void fillUnlabelled(long row, Object into, int at) {
        Arrays.fill((int[]) into, at, at + elements().count(), loss.ignore());
    }

    @Override
    void copyRow(int start, long row, Object into, int at) {
        int[] numbers = (int[]) into;
        String place = elements().place(row);
        for (int i = 0; i < elements().count(); i++) {
            long number = elements().integer(start + i);
            ClassNumbers.check(place, loss, number);
            numbers[at + i] = (int) number;
        }
    }
}
