package io.gimbal.predict;

import io.gimbal.config.UserException;
import java.util.Map;

/**
 * A row of a table to be predicted. It is read when it is submitted, by the thread that does so; it stays the caller's,
 * and must not change until then. A source may be submitted again. Immutable; for any thread.
 */
public final class RowSource extends PredictionSource<RowPrediction> {
    private static final String THE_ROW = "the row";

    /** How it is read. */
    private interface Reader {
        float[] read(Model model);
    }

    private final Reader reader;

    private RowSource(Reader reader) {
        this.reader = reader;
    }

    /**
     * A row as the table has it, for a model that learned from {@code data.source} "table": what is learned stands in
     * none of its cells. They become what the network takes by the means, deviations and categories of the rows that
     * were learned from, and what stands for an empty cell and an unknown category is what the configuration said then.
     *
     * @param cells by column: numbers, or texts as they stand in a table; null is an empty cell. Those of
     *              {@link Model#columns} must be there; others are passed over
     * @return a source of them
     */
    public static RowSource of(Map<String, ?> cells) {
        return of(cells, THE_ROW);
    }

    /** @param place what messages call it */
    static RowSource of(Map<String, ?> cells, String place) {
        return new RowSource(model -> model.table().orElseThrow(() -> new UserException("the model knows no columns:"
                + " it did not learn from a table that Gimbal read. Give what the network takes, by"
                + " RowSource.normalised.")).values(cells, place));
    }

    /**
     * What the network takes.
     *
     * @param values as many as {@link Model#channels}, in training's order and normalised as there
     * @return a source that copies them when it is submitted
     */
    public static RowSource normalised(float[] values) {
        return new RowSource(_ -> values.clone());
    }

    @Override
    Reading<RowPrediction> read(Model model) {
        model.requireRows();
        float[] values = reader.read(model);
        if (values.length != model.inputValues()) {
            throw new UserException(THE_ROW + ": " + values.length + " values, where the network takes "
                    + model.inputValues() + ".");
        }
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new UserException(THE_ROW + ": value " + i + " (from 0) of what the network takes is " + values[i]
                        + ", which no network can take.");
            }
        }
        return new Reading<>(values, model::rowPrediction);
    }
}
