package io.gimbal.source;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.picture.MatlabArray;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A struct of a MATLAB file, whose values are looked for by name; whatever is not as it is due is refused.
 *
 * @param place by what it is reached in the file, for messages
 */
record MatlabStruct(Path file, String place, List<String> fields, List<MatlabArray> values) {
    /** The structs of an array; none where it is empty, of whatever kind. */
    static List<MatlabStruct> of(Path file, String place, MatlabArray array) {
        if (array.shape().contains(0)) {
            return List.of();
        }
        if (!(array instanceof MatlabArray.Structs structs)) {
            throw new UserException(file + ": " + place + " is no struct.");
        }
        List<MatlabStruct> found = new ArrayList<>();
        for (List<MatlabArray> values : structs.values()) {
            found.add(new MatlabStruct(file, place + "(" + (found.size() + 1) + ")", structs.fields(), values));
        }
        return found;
    }

    private MatlabArray value(String field) {
        int index = fields.indexOf(field);
        if (index < 0) {
            throw new UserException(file + ": " + place + " has the fields " + Names.list(fields) + ", and not "
                    + Names.quote(field) + ".");
        }
        return values.get(index);
    }

    private UserException other(String field, String due) {
        return new UserException(file + ": " + place + "." + field + " is no " + due + ".");
    }

    List<MatlabStruct> structs(String field) {
        return of(file, place + "." + field, value(field));
    }

    String text(String field) {
        if (value(field) instanceof MatlabArray.Text text) {
            return text.text();
        }
        throw other(field, "text");
    }

    double number(String field) {
        if (value(field) instanceof MatlabArray.Numbers numbers && numbers.count() == 1) {
            return numbers.at(0);
        }
        throw other(field, "number");
    }

    /** Numbers in rows and columns. */
    MatlabArray.Numbers matrix(String field) {
        if (value(field) instanceof MatlabArray.Numbers numbers && numbers.shape().size() == 2
                && numbers.count() > 0) {
            return numbers;
        }
        throw other(field, "matrix of numbers");
    }
}
