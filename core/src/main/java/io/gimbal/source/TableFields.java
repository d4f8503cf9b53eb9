package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Faults;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.data.Normalisation;
import io.gimbal.shaded.jackson.databind.node.JsonNodeFactory;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What is learned of a table's rows: the fields that {@link CellFields} reads, values normalised by choice. */
final class TableFields {
    /** A normalised value is never so small: a row's can be no further from the mean than sqrt(rows) deviations. */
    private static final float IGNORED = -1_000_000;
    private static final String NORMALIZE = "normalize";
    /** Is kept of a field whose values are normalised, and of no other. */
    static final String MEAN = "mean";
    private static final Map<String, List<String>> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put("value", kind(CellFields.VALUE_KEYS, NORMALIZE));
        KINDS.put("class", kind(CellFields.CLASS_KEYS));
        KINDS.put("labels", kind(CellFields.LABEL_KEYS));
    }

    private TableFields() {}

    private static List<String> kind(List<String> keys, String... more) {
        return Stream.of(List.of("kind"), keys, List.of(more)).flatMap(List::stream).toList();
    }

    /**
     * Reads them.
     *
     * @param spec    the {@code fields}
     * @param columns the table's
     * @param rows    the rows to learn from
     * @param told    what earlier rows to learn from told, which counts in place of these
     * @param faults  takes cells that hold no number
     */
    static List<TableField> read(Config spec, List<String> columns, List<Example> rows, Optional<Config> told,
            Faults faults) {
        List<TableField> fields = new ArrayList<>();
        for (String name : spec.keys()) {
            fields.add(field(name, spec.object(name), columns, rows, told, faults));
        }
        if (fields.isEmpty()) {
            throw spec.error("names no field; a field is what a task learns, as {\"income\": {\"kind\": \"value\", "
                    + "\"column\": \"income\"}}");
        }
        return fields;
    }

    private static TableField field(String name, Config spec, List<String> columns, List<Example> rows,
            Optional<Config> told, Faults faults) {
        String kind = spec.choice("kind", List.copyOf(KINDS.keySet()));
        spec.allow(kind, KINDS);
        spec.placed(() -> Names.check("a field's name", name));
        if (kind.equals("value")) {
            return value(name, spec, columns, rows, told, faults);
        }
        CellFields.Cellar cells = column -> told.map(known -> known.object(name).texts("classes")).orElseGet(() ->
                rows.stream().map(row -> row.cell(column)).toList());
        FolderField.Cell cell = kind.equals("class") ? CellFields.classes(name, spec, columns, cells)
                : CellFields.labels(name, spec, columns, cells);
        ObjectNode kept = JsonNodeFactory.instance.objectNode();
        cell.layer().field().names().forEach(kept.putArray("classes")::add);
        return new TableField(cell, kept);
    }

    private static TableField value(String name, Config spec, List<String> columns, List<Example> rows,
            Optional<Config> told, Faults faults) {
        ObjectNode kept = JsonNodeFactory.instance.objectNode();
        if (!spec.flag(NORMALIZE, false)) {
            return new TableField(CellFields.values(name, spec, columns), kept);
        }
        List<String> read = CellFields.valueColumns(spec, columns);
        Normalisation normalisation = told.map(known -> kept(known.object(name)).spread(read.size())).orElseGet(() ->
                of(read, rows, faults));
        normalisation.mean().forEach(kept.putArray(MEAN)::add);
        normalisation.deviation().forEach(kept.putArray("std")::add);
        return new TableField(CellFields.values(name, spec, columns, IGNORED, count -> normalisation), kept);
    }

    private static Normalisation of(List<String> columns, List<Example> rows, Faults faults) {
        List<TableColumn.Numbers> numbers = columns.stream().map(column -> TableColumn.Numbers.of(column, true, rows,
                faults)).toList();
        return new Normalisation(numbers.stream().map(TableColumn.Numbers::mean).toList(), numbers.stream()
                .map(TableColumn.Numbers::deviation).toList());
    }

    /** How a field's values were normalised. */
    static Normalisation kept(Config field) {
        return field.placed(() -> new Normalisation(floats(field.numbers(MEAN, Range.FINITE)),
                floats(field.numbers("std", Range.POSITIVE))));
    }

    private static List<Float> floats(double[] values) {
        return Arrays.stream(values).mapToObj(value -> (float) value).toList();
    }
}
