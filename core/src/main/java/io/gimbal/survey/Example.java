package io.gimbal.survey;

import io.gimbal.config.UserException;
import java.util.List;

/**
 * What was found in one example.
 *
 * @param name   as the list has it
 * @param faults why it cannot be read; empty where it can
 * @param size   of its image as it is stored; null where it cannot be read
 * @param image  by which its file is known again; null where there is none
 * @param colours by channel: parts of the largest value that can be stored
 * @param fields in the order of the survey's
 */
record Example(String name, List<UserException> faults, Size size, Fingerprint image, Moments[] colours,
        List<FieldFigures> fields) {
    static Example broken(String name, List<UserException> faults) {
        return new Example(name, faults, null, null, null, List.of());
    }

    boolean sound() {
        return faults.isEmpty();
    }

    boolean labelled() {
        return fields.stream().anyMatch(field -> field.labelledExamples() > 0);
    }
}
