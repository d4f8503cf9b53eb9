package io.gimbal.source;

import io.gimbal.config.Faults;
import io.gimbal.data.DataIdentity;
import io.gimbal.data.Intake;
import io.gimbal.data.Plane;
import io.gimbal.data.Sample;
import io.gimbal.data.StoredSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The rows of a table. All of them are looked at when it is opened, so that a mistake is told at once. */
final class TableSet extends StoredSet {
    private final Path file;
    private final List<Example> rows;
    private final TableColumns columns;
    private final List<FolderField.Cell> fields;
    private final String statistics;

    TableSet(Intake intake, Path file, List<Example> rows, TableColumns columns, List<FolderField.Cell> fields,
            String statistics, Faults faults) {
        super(intake, rows.size(), fields.stream().map(FolderField.Cell::layer).toList());
        this.file = file;
        this.rows = List.copyOf(rows);
        this.columns = columns;
        this.fields = List.copyOf(fields);
        this.statistics = statistics;
        for (Example row : rows) {
            columns.check(row, faults);
            fields.forEach(field -> faults.attempt(() -> field.reader().apply(row)));
        }
    }

    /** From all that its rows hold. */
    @Override
    public DataIdentity identity() {
        List<String> parts = new ArrayList<>(columns.columns().stream().map(TableColumn::name).toList());
        fields.forEach(field -> parts.add(field.layer().field().toString()));
        rows.forEach(row -> parts.add(new TreeMap<>(row.cells()).toString()));
        return DataIdentity.of(size(), parts);
    }

    @Override
    public Optional<String> statistics() {
        return Optional.of(statistics);
    }

    @Override
    public String origin() {
        return file.toString();
    }

    @Override
    protected Sample decode(Intake intake, int index, Set<String> wanted) {
        Example row = rows.get(index);
        Map<String, Plane> planes = new HashMap<>();
        for (FolderField.Cell field : fields) {
            String name = field.layer().field().name();
            if (wanted.contains(name)) {
                field.reader().apply(row).ifPresent(plane -> planes.put(name, plane));
            }
        }
        float[] values = columns.read(row);
        return new Sample(new Intake.Kept(1, 1, 1, 1), new Plane.Floats(values, values.length), planes, wanted);
    }
}
