package io.gimbal.source;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.picture.NameList;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The examples that a file names: a text list, with a name a line ({@link NameList}), or a table ({@link CsvFile}),
 * whose examples are named by its column "name", or else by its first one.
 *
 * @param columns the columns of a table; of a text list none
 */
record ExampleList(Path file, List<String> columns, List<Example> examples) {
    private static final String NAME = "name";

    /** @throws UserException naming file and line, if it cannot be read, is no such list, or names nothing */
    static ExampleList read(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".csv") || name.endsWith(".tsv")) {
            return ofTable(CsvFile.read(file));
        }
        return new ExampleList(file, List.of(), NameList.read(file).stream().map(entry -> new Example(entry.name(),
                file + ", line " + entry.line(), Map.of())).toList());
    }

    /** The rows of a table, which need no names. */
    static ExampleList ofRows(CsvFile table) {
        return new ExampleList(table.file(), table.columns(), table.rows().stream().map(row -> example(table, row,
                "line " + row.line())).toList());
    }

    private static ExampleList ofTable(CsvFile table) {
        int named = Math.max(0, table.columns().indexOf(NAME));
        Map<String, Long> lines = new HashMap<>();
        List<Example> examples = new ArrayList<>();
        for (CsvFile.Row row : table.rows()) {
            String name = row.cells().get(named);
            NameList.check(name, table.place(row, named));
            Long before = lines.putIfAbsent(name, row.line());
            if (before != null) {
                throw new UserException(table.place(row, named) + ": " + Names.quote(name) + " stands in line " + before
                        + " already; an example stands once.");
            }
            examples.add(example(table, row, name));
        }
        return new ExampleList(table.file(), table.columns(), examples);
    }

    private static Example example(CsvFile table, CsvFile.Row row, String name) {
        return new Example(name, table.file() + ", line " + row.line(), table.byColumn(row));
    }

    /** So many of them, spread evenly over the list. */
    List<Example> spread(int limit) {
        int count = Math.min(limit, examples.size());
        List<Example> taken = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            taken.add(examples.get((int) ((2L * i + 1) * examples.size() / (2L * count))));
        }
        return taken;
    }
}
