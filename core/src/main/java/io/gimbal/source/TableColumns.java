package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Faults;
import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import io.gimbal.graph.Shape;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The columns of a table that a network takes, in the order of the configuration's {@code inputs}. Immutable. */
record TableColumns(List<TableColumn> columns) {
    private static final Map<String, List<String>> KINDS = new LinkedHashMap<>();
    private static final int MOST_SHOWN = 12;

    static {
        KINDS.put("number", List.of("kind", TableColumn.MISSING));
        KINDS.put("category", List.of("kind", TableColumn.MISSING, TableColumn.UNKNOWN, TableColumn.CATEGORIES));
    }

    TableColumns {
        columns = List.copyOf(columns);
    }

    /**
     * Reads them.
     *
     * @param spec   the {@code inputs}
     * @param rows   the rows to learn from
     * @param told   what earlier rows to learn from told, which counts in place of these
     * @param faults takes cells that hold no number
     */
    static TableColumns read(Config spec, CsvFile table, List<Example> rows, Optional<Config> told, Faults faults) {
        if (spec.keys().isEmpty()) {
            throw spec.error("names no column; it says what the network takes, as {\"age\": \"number\", \"job\": "
                    + "\"category\"}");
        }
        told.filter(known -> !List.copyOf(known.keys()).equals(List.copyOf(spec.keys()))).ifPresent(known -> {
            throw spec.error("are " + spec.keys() + ", but the training was begun with " + known.keys() + ", in this "
                    + "order");
        });
        List<TableColumn> columns = new ArrayList<>();
        for (String name : spec.keys()) {
            table.column(name, spec.place() + ": one of the inputs");
            columns.add(column(name, spec.find(name).orElseThrow(), rows, told, faults));
        }
        return new TableColumns(columns);
    }

    /** Those that were kept, by what was kept of them. */
    static TableColumns kept(Config told) {
        if (told.keys().isEmpty()) {
            throw told.error("names no column");
        }
        return new TableColumns(told.keys().stream().map(name -> TableColumn.read(name, told.object(name))).toList());
    }

    private static TableColumn column(String name, Config spec, List<Example> rows, Optional<Config> told,
            Faults faults) {
        List<String> kinds = List.copyOf(KINDS.keySet());
        boolean plain = spec.isText();
        boolean number = (plain ? spec.choice(kinds) : spec.choice("kind", kinds)).equals("number");
        if (!plain) {
            spec.allow(number ? "number" : "category", KINDS);
        }
        if (number) {
            boolean filled = !plain && TableColumn.allowed(spec, TableColumn.MISSING, TableColumn.MEAN);
            return told.map(known -> TableColumn.Numbers.read(name, filled, known.object(name)))
                    .orElseGet(() -> TableColumn.Numbers.of(name, filled, rows, faults));
        }
        boolean missing = !plain && TableColumn.allowed(spec, TableColumn.MISSING, TableColumn.NONE);
        boolean unknown = !plain && TableColumn.allowed(spec, TableColumn.UNKNOWN, TableColumn.NONE);
        return new TableColumn.Categories(name, categories(name, spec, rows, told), missing, unknown);
    }

    private static List<String> categories(String name, Config spec, List<Example> rows, Optional<Config> told) {
        Config named = told.map(known -> known.object(name)).orElse(spec);
        return named.isObject() && named.has(TableColumn.CATEGORIES) ? TableColumn.Categories.named(named)
                : TableColumn.Categories.of(name, rows);
    }

    /** How many values a row becomes. */
    int width() {
        return columns.stream().mapToInt(column -> column.values().size()).sum();
    }

    /** @throws UserException if a network takes another number of values */
    void require(Config place, Shape input) {
        List<String> values = columns.stream().flatMap(column -> column.values().stream()).toList();
        if (!input.flat() || input.channels() != values.size()) {
            String more = values.size() > MOST_SHOWN ? ", and " + (values.size() - MOST_SHOWN) + " more" : "";
            throw new UserException(place.place() + ": a row becomes " + values.size() + (values.size() == 1
                    ? " value" : " values") + " (" + String.join(", ", values.subList(0, Math.min(MOST_SHOWN,
                    values.size()))) + more + "), but model.input is " + input.describe() + "; make it ["
                    + values.size() + "].");
        }
    }

    /** Tells of each cell that cannot be read. */
    void check(Example row, Faults faults) {
        for (TableColumn column : columns) {
            faults.attempt(() -> {
                column.read(row, new float[column.values().size()], 0);
                return column;
            });
        }
    }

    /** What a row becomes, before the normalisation. */
    float[] read(Example row) {
        float[] values = new float[width()];
        int from = 0;
        for (TableColumn column : columns) {
            column.read(row, values, from);
            from += column.values().size();
        }
        return values;
    }

    /** What becomes of the values: numbers have mean 0 and deviation 1 in the training rows, categories stay 0 or 1. */
    Normalisation normalisation() {
        List<Float> means = new ArrayList<>();
        List<Float> deviations = new ArrayList<>();
        for (TableColumn column : columns) {
            column.values().forEach(value -> {
                means.add(column.mean());
                deviations.add(column.deviation());
            });
        }
        return new Normalisation(means, deviations);
    }

    /** Adds what the training rows told, column by column. */
    void tell(ObjectNode node) {
        columns.forEach(column -> node.set(column.name(), column.told()));
    }
}
