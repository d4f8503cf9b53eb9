package io.gimbal.spark;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.predict.Model;
import io.gimbal.predict.RowPrediction;
import io.gimbal.predict.RowSource;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;

/**
 * What a run has learned from a table, to predict the rows of a Spark application by: {@link #predict} those of a
 * dataset, {@link #partitions} for results of one's own. Immutable.
 *
 * <p>Rows hold what is predicted as a struct, {@link #type}: {@code error}, which says why a row could not be read and
 * is else null, and a struct a task, called as the task is: of a class {@code class}, {@code number}, {@code
 * probability}, and the {@code probabilities} of all by name; of a value {@code value}, of several {@code values} by
 * name, in the table's units.
 */
public final class TableModel extends ExecutorModel<TableModel> {
    private static final long serialVersionUID = 1L;

    /** The columns that a row must have, in their order. */
    private final List<String> columns;

    private TableModel(ModelSource source, StructType type, boolean strict, List<String> columns) {
        super(source, type, strict);
        this.columns = List.copyOf(columns);
    }

    @Override
    TableModel with(ModelSource otherSource, boolean beStrict) {
        return new TableModel(otherSource, type(), beStrict, columns);
    }

    /**
     * A model whose path the driver and all executors see, be it on one machine, on storage that they share, or on each
     * of their machines.
     *
     * @param path as {@link Model#load} takes it
     * @return it, for whatever device there is
     * @throws UserException if there is none, it is damaged, did not learn from a table, or a task's name cannot be a
     *                       column's
     */
    public static TableModel at(Path path) {
        Model model = Model.load(path);
        if (model.columns().isEmpty()) {
            throw new UserException(path + " did not learn from a table (data.source \"table\"), and knows no columns"
                    + (model.takesRows() ? "." : ": of photos take a PhotoModel."));
        }
        return new TableModel(ModelSource.of(path, model), PredictionStruct.ofRows(model.fields()), false,
                model.columns());
    }

    /** {@return the columns that a row must have; others are passed over} */
    public List<String> columns() {
        return columns;
    }

    /**
     * Predicts the rows of a dataset, partition by partition and in order.
     *
     * @param rows with all of {@link #columns}, of numbers, texts or booleans; null is an empty cell
     * @return all columns of the rows, and {@value #PREDICTION}
     * @throws UserException if a column is missing, or of another type; or if one is called {@value #PREDICTION}
     */
    public Dataset<Row> predict(Dataset<Row> rows) {
        StructType all = rows.schema();
        Map<String, Integer> places = new HashMap<>();
        for (String name : columns) {
            int place = column(all, name);
            DataType type = all.apply(place).dataType();
            if (type instanceof StructType || type instanceof ArrayType || type instanceof MapType
                    || type instanceof BinaryType) {
                throw new UserException("the column " + Names.quote(name) + " is of " + type.sql() + ", but must hold"
                        + " a number or a text.");
            }
            places.put(name, place);
        }
        return rows.mapPartitions(rows(places), Encoders.row(withPrediction(all, IntStream.range(0, all.size())
                .toArray())));
    }

    private MapPartitionsFunction<Row, Row> rows(Map<String, Integer> places) {
        StructType struct = type();
        MapFunction<Row, Map<String, ?>> cells = row -> {
            Map<String, Object> named = new HashMap<>();
            places.forEach((name, place) -> named.put(name, row.get(place)));
            return named;
        };
        Function2<Row, RowPrediction, Row> predicted = (row, prediction) -> withPrediction(row, PredictionStruct.of(
                prediction));
        return isStrict() ? partitions(cells, predicted) : partitions(cells, predicted, (row, error) -> withPrediction(
                row, PredictionStruct.of(struct, error)));
    }

    /**
     * A function for {@link Dataset#mapPartitions}, whose results are one's own. They come in the elements' order and
     * one by one; some batches' worth is read ahead.
     *
     * @param <T>       the dataset's elements
     * @param <R>       the results
     * @param cells     of an element, by column, as {@link RowSource#of} takes them
     * @param predicted the result of an element and what was predicted, in the thread of the task
     * @param failed    the result of an element and why it could not be read
     * @return the function
     */
    public <T, R> MapPartitionsFunction<T, R> partitions(MapFunction<T, Map<String, ?>> cells,
            Function2<T, RowPrediction, R> predicted, Function2<T, String, R> failed) {
        ModelSource by = source();
        Objects.requireNonNull(cells, "cells is null");
        Objects.requireNonNull(predicted, "predicted is null");
        Objects.requireNonNull(failed, "failed is null");
        return elements -> new PredictionIterator<>(by, elements, element -> new Asked<>(element, Optional.of(
                RowSource.of(cells.call(element)))), predicted, failed);
    }

    /**
     * The same, but an element that cannot be read ends the job, by what it says of itself.
     *
     * @param <T>       the dataset's elements
     * @param <R>       the results
     * @param cells     of an element, by column, as {@link RowSource#of} takes them
     * @param predicted the result of an element and what was predicted
     * @return the function
     */
    public <T, R> MapPartitionsFunction<T, R> partitions(MapFunction<T, Map<String, ?>> cells,
            Function2<T, RowPrediction, R> predicted) {
        return partitions(cells, predicted, (element, error) -> {
            throw new UserException(element + ": " + error);
        });
    }
}
