package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a row of a table becomes for a network, and what its predictions are in the table's units: by what was kept of
 * the rows that it learned from. Immutable.
 */
public final class TableRows {
    private final TableColumns columns;
    private final Normalisation normalisation;
    private final Map<String, Normalisation> units = new LinkedHashMap<>();

    private TableRows(Config kept) {
        columns = TableColumns.kept(kept.object(TableSource.INPUTS));
        normalisation = columns.normalisation();
        Config fields = kept.object(TableSource.FIELDS);
        for (String field : fields.keys()) {
            if (fields.object(field).has(TableFields.MEAN)) {
                units.put(field, TableFields.kept(fields.object(field)));
            }
        }
    }

    /**
     * Reads what was kept.
     *
     * @param statistics as {@link io.gimbal.data.DataSet#statistics} of a table gives it
     * @param place      where it stands, for messages
     * @return what rows become
     * @throws UserException if it cannot be that, naming the place
     */
    public static TableRows read(String statistics, String place) {
        return new TableRows(Config.parse(statistics, place));
    }

    /** {@return the columns that a row must have, in the order in which the network takes them} */
    public List<String> columns() {
        return columns.columns().stream().map(TableColumn::name).toList();
    }

    /** {@return how many values a row becomes} */
    public int width() {
        return columns.width();
    }

    /**
     * {@return what a row becomes, normalised, as training has it}
     *
     * @param row   cells by column, of which {@link #columns} must be there, and others are passed over: numbers, or
     *              texts as they stand in a table; null is an empty cell
     * @param place what messages call it, such as a file and a line
     * @throws UserException if a column is missing, or what stands in one cannot be; names it, and what may
     */
    public float[] values(Map<String, ?> row, String place) {
        float[] values = columns.read(new Example("", place, cells(row, place)));
        for (int i = 0; i < values.length; i++) {
            values[i] = normalisation.of(i, values[i], 1);
        }
        return values;
    }

    private Map<String, String> cells(Map<String, ?> row, String place) {
        Map<String, String> cells = new HashMap<>();
        requireColumns(row.keySet(), place);
        for (String column : columns()) {
            Object cell = row.get(column);
            cells.put(column, cell == null ? "" : cell.toString().strip());
        }
        return cells;
    }

    /**
     * Refuses what has not all columns that a row must have.
     *
     * @param present the columns that there are
     * @param place   what messages call what has them
     * @throws UserException naming the first that is missing
     */
    public void requireColumns(Collection<String> present, String place) {
        for (String column : columns()) {
            if (!present.contains(column)) {
                List<String> names = List.copyOf(present);
                throw new UserException(place + " has no column " + Names.quote(column) + ", which the network takes."
                        + Names.hint(column, names) + " Its columns: " + Names.list(names) + "; the network's: "
                        + Names.list(columns()) + ".");
            }
        }
    }

    /**
     * {@return how the values of a field were normalised; empty of one whose values stayed as they were}
     *
     * @param field its name in the data
     */
    public Optional<Normalisation> units(String field) {
        return Optional.ofNullable(units.get(field));
    }
}
