package io.gimbal.train;

import io.gimbal.config.UserException;
import io.gimbal.loss.CrossEntropy;
import io.gimbal.loss.Loss;

/** What class numbers may stand in a target. Those that the host sees are checked before the device sees them. */
final class ClassNumbers {
    private ClassNumbers() {}

    /** @throws UserException for the first number that is neither a class of the loss nor its marker */
    static void check(String place, Loss loss, int[] classes) {
        for (int number : classes) {
            check(place, (CrossEntropy) loss, number);
        }
    }

    static void check(String place, CrossEntropy loss, long number) {
        if (number != loss.ignore() && (number < 0 || number >= loss.classes())) {
            throw new UserException(place + " holds class " + number + "; " + allowed(loss));
        }
    }

    /** What may stand in a target of classes, in words. */
    static String allowed(CrossEntropy loss) {
        return "classes go from 0 to " + (loss.classes() - 1) + ", and " + loss.ignore() + " means no label";
    }
}
