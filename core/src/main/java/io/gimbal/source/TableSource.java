package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.data.Augmentation;
import io.gimbal.data.DataSet;
import io.gimbal.data.Fit;
import io.gimbal.data.Intake;
import io.gimbal.shaded.jackson.databind.node.JsonNodeFactory;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** The rows of a table: columns in, and several fields to learn. */
final class TableSource implements Source {
    static final String INPUTS = "inputs";
    static final String FIELDS = "fields";

    @Override
    public String name() {
        return "table";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "list", INPUTS, FIELDS, "limit");
    }

    @Override
    public boolean ofImages() {
        return false;
    }

    @Override
    public DataSet open(SourceRequest request) {
        Config own = request.own();
        Optional<Config> told = request.told().map(text -> Config.parse(text, "what the training's table told"));
        if (!request.training() && told.isEmpty()) {
            throw own.error("source", "is \"table\", but 'data' is none: what its rows mean, the rows to learn "
                    + "from say");
        }
        CsvFile table = CsvFile.read(request.folder().resolve(request.at("list").path("list")),
                request.faults());
        ExampleList list = ExampleList.ofRows(table);
        List<Example> rows = list.spread(own.positive("limit", Integer.MAX_VALUE));
        TableColumns columns = TableColumns.read(request.at(INPUTS).object(INPUTS), table, rows,
                told.map(known -> known.object(INPUTS)), request.faults());
        columns.require(own, request.input());
        List<TableField> fields = TableFields.read(request.at(FIELDS).object(FIELDS), table.columns(), rows,
                told.map(known -> known.object(FIELDS)), request.faults());
        Intake intake = own.placed(() -> new Intake(1, 1, columns.width(), Fit.STRETCH, columns.normalisation(),
                Augmentation.NONE, request.intake().cache()));
        return new TableSet(intake, table.file(), rows, columns, fields.stream().map(TableField::cell).toList(),
                statistics(columns, fields), request.faults());
    }

    private static String statistics(TableColumns columns, List<TableField> fields) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        columns.tell(node.putObject(INPUTS));
        ObjectNode told = node.putObject(FIELDS);
        fields.forEach(field -> told.set(field.cell().layer().field().name(), field.told()));
        return node.toString();
    }
}
