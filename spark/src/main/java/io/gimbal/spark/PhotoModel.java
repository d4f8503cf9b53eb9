package io.gimbal.spark;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.predict.Model;
import io.gimbal.predict.PhotoPrediction;
import java.nio.file.Path;
import java.util.Arrays;
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
 * #partitions} for results of one's own, {@link #function} for SQL. Immutable.
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
public final class PhotoModel extends ExecutorModel<PhotoModel> {
    private static final long serialVersionUID = 1L;

    private PhotoModel(ModelSource source, StructType type, boolean strict) {
        super(source, type, strict);
    }

    @Override
    PhotoModel with(ModelSource otherSource, boolean beStrict) {
        return new PhotoModel(otherSource, type(), beStrict);
    }

    /**
     * A model whose path the driver and all executors see, be it on one machine, on storage that they share, or on each
     * of their machines.
     *
     * @param path as {@link Model#load} takes it
     * @return it, for whatever device there is
     * @throws UserException if there is none, it is damaged, takes no images, or a task's name cannot be a column's
     */
    public static PhotoModel at(Path path) {
        Model model = Model.load(path);
        if (model.takesRows()) {
            throw new UserException(path + " predicts rows of a table, and no photos: take a TableModel.");
        }
        return new PhotoModel(ModelSource.of(path, model), PredictionStruct.ofPhotos(model.fields()), false);
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
        int column = column(columns, content);
        if (!columns.apply(column).dataType().equals(DataTypes.BinaryType)) {
            throw new UserException("the column " + Names.quote(content) + " is of " + columns.apply(column).dataType()
                    .sql() + ", but must hold the bytes of photos' files, BINARY.");
        }
        int[] others = IntStream.range(0, columns.size()).filter(i -> i != column).toArray();
        return photos.mapPartitions(rows(column, others), Encoders.row(withPrediction(columns, others)));
    }

    private MapPartitionsFunction<Row, Row> rows(int column, int[] others) {
        StructType struct = type();
        MapFunction<Row, Photo<Row>> photo = row -> new Photo<>(RowFactory.create(Arrays.stream(others)
                .mapToObj(row::get).toArray()), row.getAs(column));
        Function2<Row, PhotoPrediction, Row> predicted = (row, prediction) -> withPrediction(row, PredictionStruct.of(
                prediction));
        return isStrict() ? partitions(photo, predicted) : partitions(photo, predicted, (row, error) -> withPrediction(
                row, PredictionStruct.of(struct, error)));
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
        ModelSource by = source();
        Objects.requireNonNull(photo, "photo is null");
        Objects.requireNonNull(predicted, "predicted is null");
        Objects.requireNonNull(failed, "failed is null");
        return elements -> new PredictionIterator<>(by, elements, element -> photo.call(element).asked(), predicted,
                failed);
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
        return functions.udf(new PhotoFunction(source(), type(), isStrict()), type());
    }
}
