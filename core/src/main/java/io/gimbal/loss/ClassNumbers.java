package io.gimbal.loss;

import io.gimbal.config.UserException;

/** What class numbers may stand in a target. Those that the host sees are checked before the device sees them. */
public final class ClassNumbers {
    private ClassNumbers() {}

    /**
     * Looks at every number.
     *
     * @param place   how the message begins: whose numbers these are
     * @param loss    the task's, a {@link CrossEntropy}
     * @param classes the numbers
     * @throws UserException for the first number that is neither a class of the loss nor its marker
     */
    public static void check(String place, Loss loss, int[] classes) {
        for (int number : classes) {
            check(place, (CrossEntropy) loss, number);
        }
    }

    /**
     * Looks at one number.
     *
     * @param place  how the message begins: whose number this is
     * @param loss   the task's
     * @param number it
     * @throws UserException if it is neither a class of the loss nor its marker
     */
    public static void check(String place, CrossEntropy loss, long number) {
        if (number != loss.ignore() && (number < 0 || number >= loss.classes())) {
            throw new UserException(place + " holds class " + number + "; " + allowed(loss));
        }
    }

    /**
     * {@return what may stand in a target of classes, in words}
     *
     * @param loss the task's
     */
    public static String allowed(CrossEntropy loss) {
        return "classes go from 0 to " + (loss.classes() - 1) + ", and " + loss.ignore() + " means no label";
    }
}
