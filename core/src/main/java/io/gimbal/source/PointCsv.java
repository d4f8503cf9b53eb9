package io.gimbal.source;

import io.gimbal.config.Faults;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Points in a table: a row an image, its name first, and then two columns a point (column and row in pixels) or three
 * (and whether it is known: 0 where it is not). A point whose cells are empty is not known.
 */
final class PointCsv {
    private static final int PLACE = 2;
    private static final int PLACE_AND_KNOWN = 3;

    private PointCsv() {}

    /**
     * Reads it.
     *
     * @param count  how many points there are
     * @param faults takes rows that cannot be read
     */
    static PointTable read(Path file, int count, Faults faults) {
        CsvFile table = CsvFile.read(file, faults);
        int columns = table.columns().size() - 1;
        int each = columns == PLACE * count ? PLACE : columns == PLACE_AND_KNOWN * count ? PLACE_AND_KNOWN : 0;
        if (each == 0) {
            throw new UserException(file + ": has " + columns + " columns behind the names, but " + count + " points "
                    + "take " + PLACE * count + " (column and row of each) or " + PLACE_AND_KNOWN * count
                    + " (and whether it is known).");
        }
        Map<String, float[]> points = new HashMap<>();
        for (CsvFile.Row row : table.rows()) {
            faults.attempt(() -> places(table, row, count, each)).ifPresent(places -> {
                if (points.putIfAbsent(row.cells().getFirst(), places) != null) {
                    faults.tell(new UserException(table.place(row, 0) + ": " + Names.quote(row.cells().getFirst())
                            + " has a row already; an image has one."));
                }
            });
        }
        return new PointTable(file, List.of(), points);
    }

    /** Column, row and number of the points that are known. */
    private static float[] places(CsvFile table, CsvFile.Row row, int count, int each) {
        float[] found = new float[3 * count];
        int length = 0;
        for (int point = 0; point < count; point++) {
            int first = 1 + each * point;
            if (known(table, row, first, each)) {
                found[length++] = number(table, row, first);
                found[length++] = number(table, row, first + 1);
                found[length++] = point;
            }
        }
        return Arrays.copyOf(found, length);
    }

    private static boolean known(CsvFile table, CsvFile.Row row, int first, int each) {
        boolean across = row.cells().get(first).isEmpty();
        boolean down = row.cells().get(first + 1).isEmpty();
        if (across != down) {
            throw new UserException(table.place(row, across ? first : first + 1) + ": is empty, but the point's other "
                    + "coordinate is not. Give both, or neither where the point is not known.");
        }
        return !across && (each == PLACE || number(table, row, first + 2) != 0);
    }

    private static float number(CsvFile table, CsvFile.Row row, int column) {
        return Cells.number(row.cells().get(column), table.place(row, column));
    }
}
