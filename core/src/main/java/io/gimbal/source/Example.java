package io.gimbal.source;

import io.gimbal.config.UserException;
import java.util.Map;

/**
 * An example as a list names it.
 *
 * @param name  by which files of it are found
 * @param place the list and its line, for messages
 * @param cells what its row holds, by column; of a text list none
 */
record Example(String name, String place, Map<String, String> cells) {
    Example {
        cells = Map.copyOf(cells);
    }

    /** The cell of a column, without blanks round it; empty where nothing stands there. */
    String cell(String column) {
        return cells.getOrDefault(column, "");
    }

    /** A complaint about a cell. */
    UserException error(String column, String message) {
        return new UserException(place + ", column '" + column + "': " + message);
    }
}
