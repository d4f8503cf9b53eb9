package io.gimbal.spark;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoPrediction;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What a run has learned, to predict the photos of a Spark application by: {@link #predict} those of a dataset, {@link
 * #partitions} for results of one's own, {@link #function} for SQL. It is made on the driver, which reads the model to
 * know its fields; to the executors goes only where the model lies. There all tasks share one predictor, which the
 * first of them opens, and which is closed when none has used it for five minutes, or the process ends. Immutable.
 *
 * <p>Rows hold what is predicted as a struct, {@link #type}: {@code error}, which says why a photo could not be read
 * and is else null, {@code width} and {@code height} of the photo, and a struct a task, called as the task is. Where
 * classes, channels or points have names, they stand in a map by these, else by their numbers. What is known of each
 * pixel is summed up at the network's resolution, where the photo's is larger.
 *
 * <ul>
 * <li>Classes of each pixel: {@code shares} of the predicted pixels, of every class.
 * <li>A value of each pixel, such as depth: {@code mean}, {@code min} and {@code max}; of several, such as vectors,
 *     each of these by channel.
 * <li>Points: {@code points}, each with {@code x}, {@code y} and {@code score}.
 * <li>The class of the image: {@code class}, {@code number}, {@code probability}, and the {@code probabilities} of all.
 * <li>A value of the image: {@code value}; several: {@code values}.
 * </ul>
 */
public final class PhotoModel implements Serializable {
    /** The column of {@link #predict} that holds what is predicted. */
    public static final String PREDICTION = "prediction";

    private static final long serialVersionUID = 1L;

    private final ModelSource source;
    private final StructType type;
    private final boolean strict;

    private PhotoModel(ModelSource source, StructType type, boolean strict) {
        this.source = source;
        this.type = type;
        this.strict = strict;
    }

    /**
     * A model whose path the driver and all executors see, be it on one machine, on storage that they share, or on each
     * of their machines.
     *
     * @param path as {@link Model#load} takes it
     * @return it, for whatever device there is
     * @throws UserException if there is none, it is damaged, or a task's name cannot be a column's
     */
    public static PhotoModel at(Path path) {
        Model model = Model.load(path);
        return new PhotoModel(ModelSource.of(path, model), PredictionStruct.type(model.fields()), false);
    }

    /**
     * The same, but executors read it where Spark has unpacked it for them: {@code --archives rooms.zip#rooms}, or the
     * setting {@code spark.archives}, sends an archive to all when the application starts. At its top lie the files
     * that {@code gimbal export} wrote. The driver has read it by its own path.
     *
     * @param name what stands behind the {@code #}
     * @return another; this one stays
     */
    public PhotoModel shippedAs(String name) {
        return new PhotoModel(source.shippedAs(name), type, strict);
    }

    /**
     * The same on a device of that kind; without it a GPU is taken where there is one.
     *
     * @param device of each executor
     * @return another; this one stays
     */
    public PhotoModel on(DeviceKind device) {
        return new PhotoModel(source.on(device), type, strict);
    }

    /**
     * The same with batches of 1, 2, 4 and so on up to that size; without it up to 8.
     *
     * @param largestBatch photos, at least 1
     * @return another; this one stays
     */
    public PhotoModel upTo(int largestBatch) {
        return new PhotoModel(source.batches(largestBatch, false), type, strict);
    }

    /**
     * The same with batches of that size alone. Its results are the same to the last bit whichever photos come
     * together, and it is opened sooner; where few photos come together it computes for nothing.
     *
     * @param batch photos, at least 1
     * @return another; this one stays
     */
    public PhotoModel only(int batch) {
        return new PhotoModel(source.batches(batch, true), type, strict);
    }

    /**
     * The same, but a photo waits so long, at most, for others to share its batch; for {@link #function}.
     *
     * @param longest not negative
     * @return another; this one stays
     */
    public PhotoModel waiting(Duration longest) {
        return new PhotoModel(source.waiting(longest), type, strict);
    }

    /**
     * The same, but in {@link #predict} and {@link #function} a photo that cannot be read ends the job; without it its
     * row has an {@code error}.
     *
     * @return another; this one stays
     */
    public PhotoModel strict() {
        return new PhotoModel(source, type, true);
    }

    ModelSource source() {
        return source;
    }

    /** {@return what {@link #predict} and {@link #function} give of a photo} */
    public StructType type() {
        return type;
    }

    /**
     * Predicts the photos of a dataset, partition by partition and in order.
     *
     * @param photos  rows of any columns
     * @param content the column with the bytes of a photo's file, as the data source {@code binaryFile} has them; null
     *                is a photo that cannot be read
     * @return the other columns, and {@value #PREDICTION}
     * @throws UserException if there is no such column of binary values, or one called {@value #PREDICTION}
     */
    public Dataset<Row> predict(Dataset<Row> photos, String content) {
        StructType columns = photos.schema();
        List<String> names = Arrays.asList(columns.fieldNames());
        int column = names.indexOf(content);
        if (column < 0) {
            throw new UserException("no column is called " + Names.quote(content) + "; there are " + Names.list(names)
                    + "." + Names.hint(content, names));
        }
        if (!columns.apply(column).dataType().equals(DataTypes.BinaryType)) {
            throw new UserException("the column " + Names.quote(content) + " is of " + columns.apply(column).dataType()
                    .sql() + ", but must hold the bytes of photos' files, BINARY.");
        }
        int[] others = IntStream.range(0, names.size()).filter(i -> i != column).toArray();
        StructType result = new StructType();
        for (int other : others) {
            if (names.get(other).equalsIgnoreCase(PREDICTION)) {
                throw new UserException("a column is called " + Names.quote(names.get(other)) + ", as what is"
                        + " predicted: rename it.");
            }
            result = result.add(columns.apply(other));
        }
        return photos.mapPartitions(rows(column, others), Encoders.row(result.add(PREDICTION, type)));
    }

    private MapPartitionsFunction<Row, Row> rows(int column, int[] others) {
        StructType struct = type;
        MapFunction<Row, Photo<Row>> photo = row -> new Photo<>(RowFactory.create(Arrays.stream(others)
                .mapToObj(row::get).toArray()), row.getAs(column));
        Function2<Row, PhotoPrediction, Row> predicted = (row, prediction) -> with(row, PredictionStruct.of(
                prediction));
        return strict ? partitions(photo, predicted) : partitions(photo, predicted, (row, error) -> with(row,
                PredictionStruct.of(struct, error)));
    }

    private static Row with(Row row, Row prediction) {
        Object[] values = new Object[row.size() + 1];
        for (int i = 0; i < row.size(); i++) {
            values[i] = row.get(i);
        }
        values[row.size()] = prediction;
        return RowFactory.create(values);
    }

    /**
     * A function for {@link Dataset#mapPartitions}, whose results are one's own. They come in the photos' order and one
     * by one; some batches' worth of photos is read ahead.
     *
     * @param <T>       the dataset's elements
     * @param <K>       what is kept of a photo until its prediction is there
     * @param <R>       the results
     * @param photo     the photo of an element
     * @param predicted the result of a key and what was predicted, in the thread of the task. A large photo's maps take
     *                  long to make; {@link PhotoPrediction#at} makes them smaller
     * @param failed    the result of a key and why its photo could not be read
     * @return the function
     */
    public <T, K, R> MapPartitionsFunction<T, R> partitions(MapFunction<T, Photo<K>> photo,
            Function2<K, PhotoPrediction, R> predicted, Function2<K, String, R> failed) {
        ModelSource by = source;
        Objects.requireNonNull(photo, "photo is null");
        Objects.requireNonNull(predicted, "predicted is null");
        Objects.requireNonNull(failed, "failed is null");
        return elements -> new PredictionIterator<>(by, elements, photo, predicted, failed);
    }

    /**
     * The same, but a photo that cannot be read ends the job, by its key.
     *
     * @param <T>       the dataset's elements
     * @param <K>       what is kept of a photo until its prediction is there
     * @param <R>       the results
     * @param photo     the photo of an element
     * @param predicted the result of a key and what was predicted
     * @return the function
     */
    public <T, K, R> MapPartitionsFunction<T, R> partitions(MapFunction<T, Photo<K>> photo,
            Function2<K, PhotoPrediction, R> predicted) {
        return partitions(photo, predicted, (key, error) -> {
            throw new UserException("photo " + key + ": " + error);
        });
    }

    /**
     * A function of a column with the bytes of photos' files, also for SQL: {@code spark.udf().register("predict",
     * model.function())}. A task predicts one photo at a time by it, so that batches hold no more photos than the
     * executor has tasks; {@link #predict} fills them.
     *
     * @return the function
     */
    public UserDefinedFunction function() {
        return functions.udf(new PhotoFunction(source, type, strict), type);
    }

    /** Closes the predictors of this process that no task uses now, before their time. */
    public static void closeUnused() {
        SharedPredictor.closeAllUnused();
    }
}
