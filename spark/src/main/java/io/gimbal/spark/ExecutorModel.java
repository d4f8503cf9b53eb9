package io.gimbal.spark;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.device.DeviceKind;
import java.io.Serializable;
import java.time.Duration;
import java.util.Arrays;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What a run has learned, to predict by in Spark's executors. It is made on the driver, which reads the model to know
 * its fields; to the executors goes only where the model lies. There all tasks share one predictor, which the first of
 * them opens, and which is closed when none has used it for five minutes, or the process ends. Immutable.
 *
 * @param <M> the kind of model
 */
public abstract sealed class ExecutorModel<M extends ExecutorModel<M>> implements Serializable
        permits PhotoModel, TableModel {
    /** The column of datasets of rows that holds what is predicted. */
    public static final String PREDICTION = "prediction";

    private static final long serialVersionUID = 1L;

    private final ModelSource source;
    private final StructType type;
    private final boolean strict;

    ExecutorModel(ModelSource source, StructType type, boolean strict) {
        this.source = source;
        this.type = type;
        this.strict = strict;
    }

    /** Another that predicts the same. */
    abstract M with(ModelSource otherSource, boolean beStrict);

    /**
     * The same, but executors read it where Spark has unpacked it for them: {@code --archives rooms.zip#rooms}, or the
     * setting {@code spark.archives}, sends an archive to all when the application starts. At its top lie the files
     * that {@code gimbal export} wrote. The driver has read it by its own path.
     *
     * @param name what stands behind the {@code #}
     * @return another; this one stays
     */
    public M shippedAs(String name) {
        return with(source.shippedAs(name), strict);
    }

    /**
     * The same on a device of that kind; without it a GPU is taken where there is one.
     *
     * @param device of each executor
     * @return another; this one stays
     */
    public M on(DeviceKind device) {
        return with(source.on(device), strict);
    }

    /**
     * The same with batches of 1, 2, 4 and so on up to that size; without it up to 8.
     *
     * @param largestBatch photos or rows, at least 1
     * @return another; this one stays
     */
    public M upTo(int largestBatch) {
        return with(source.batches(largestBatch, false), strict);
    }

    /**
     * The same with batches of that size alone. Its results are the same to the last bit whatever comes together, and
     * it is opened sooner; where little comes together it computes for nothing.
     *
     * @param batch photos or rows, at least 1
     * @return another; this one stays
     */
    public M only(int batch) {
        return with(source.batches(batch, true), strict);
    }

    /**
     * The same, but a photo or a row waits so long, at most, for others to share its batch; for functions of SQL.
     *
     * @param longest not negative
     * @return another; this one stays
     */
    public M waiting(Duration longest) {
        return with(source.waiting(longest), strict);
    }

    /**
     * The same, but where the results are rows, what cannot be read ends the job; without it its row has an {@code
     * error}.
     *
     * @return another; this one stays
     */
    public M strict() {
        return with(source, true);
    }

    ModelSource source() {
        return source;
    }

    boolean isStrict() {
        return strict;
    }

    /** {@return what is given of a photo or a row where the results are rows} */
    public StructType type() {
        return type;
    }

    /**
     * Some columns of a dataset, and {@value #PREDICTION} behind them.
     *
     * @param kept their numbers
     */
    StructType withPrediction(StructType columns, int[] kept) {
        StructType result = new StructType();
        for (int column : kept) {
            StructField field = columns.apply(column);
            if (field.name().equalsIgnoreCase(PREDICTION)) {
                throw new UserException("a column is called " + Names.quote(field.name()) + ", as what is predicted:"
                        + " rename it.");
            }
            result = result.add(field);
        }
        return result.add(PREDICTION, type);
    }

    /** A row of such columns. */
    static Row withPrediction(Row kept, Row prediction) {
        Object[] values = new Object[kept.size() + 1];
        for (int i = 0; i < kept.size(); i++) {
            values[i] = kept.get(i);
        }
        values[kept.size()] = prediction;
        return RowFactory.create(values);
    }

    /** The number of a column that must be there. */
    static int column(StructType columns, String name) {
        int number = Arrays.asList(columns.fieldNames()).indexOf(name);
        if (number < 0) {
            throw new UserException("no column is called " + Names.quote(name) + "; there are " + Names.list(
                    Arrays.asList(columns.fieldNames())) + "." + Names.hint(name, Arrays.asList(columns.fieldNames())));
        }
        return number;
    }

    /** Closes the predictors of this process that no task uses now, before their time. */
    public static void closeUnused() {
        SharedPredictor.closeAllUnused();
    }
}
