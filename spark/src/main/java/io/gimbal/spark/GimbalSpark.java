package io.gimbal.spark;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.RowPrediction;
import io.gimbal.run.RunFolder;
import io.gimbal.run.Settings;
import io.gimbal.run.TrainingConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Trains by Spark's executors, and predicts in them.
 *
 * <p><em>Training</em> is one barrier stage with a task a rank: all run at once, each in an executor of its own, with
 * the GPU that Spark assigned it. They compute what {@code gimbal train --ranks N} computes, bit for bit. The
 * configuration's paths, the data's among them, are whole ones that the driver and all executors reach. The ranks meet
 * by a secret that the driver makes for each training, and that travels in the task: who can read what Spark sends can
 * read it, unless Spark encrypts ({@code spark.network.crypto.enabled}, {@code spark.ssl.rpc.enabled}). Where a rank is
 * lost, the stage fails, and Spark starts it again, {@code spark.stage.maxConsecutiveAttempts} times at most (4): it
 * goes on from the last checkpoint.
 *
 * <p>For any thread; the session stays the caller's. It may train several at once where it has executors for all.
 */
public final class GimbalSpark {
    /** The column of photos that {@link #predict(Dataset, PhotoModel)} takes, as {@code binaryFile} names it. */
    public static final String CONTENT = "content";

    private static final long LOOK_MILLISECONDS = 100;

    private GimbalSpark() {}

    /**
     * Trains by a configuration's file, which the driver reads.
     *
     * @param session whose executors train
     * @param config  as {@code gimbal train} takes it
     * @param options how many ranks, and where the run is kept
     * @return what it left
     * @throws UserException         as {@link #train(SparkSession, Config, TrainingOptions)} says
     * @throws IllegalStateException likewise
     */
    public static TrainingResult train(SparkSession session, Path config, TrainingOptions options) {
        return train(session, Config.read(config), options);
    }

    /**
     * Trains, and returns when all is done. Where the folder holds a run, which the configuration must fit, it goes on
     * with that, as {@code gimbal train --resume} does; else it begins one.
     *
     * <p>To end it early, cancel its job ({@code SparkContext.cancelJobGroup}, or by Spark's page) or interrupt this
     * thread: rank 0 ends the step under way, and writes its checkpoint. This returns when it has, or after a minute.
     *
     * @param session whose executors train; not one of Spark Connect
     * @param config  a training's
     * @param options how many ranks, and where the run is kept
     * @return what it left
     * @throws UserException         if the configuration is wrong, here or, with the name of the rank, on an executor;
     *                               if the folder holds another run; or if the session cannot give each rank a process
     *                               of its own at once. It is not tried again
     * @throws IllegalStateException if the training ended early: its job was cancelled, or a rank failed as often as
     *                               Spark tries again; or if the thread is interrupted, as it stays marked, with an
     *                               {@link InterruptedException} as its cause
     */
    public static TrainingResult train(SparkSession session, Config config, TrainingOptions options) {
        SparkContext context = session.sparkContext();
        Config source = Settings.over(config, options.settings());
        check(source, options);
        requireProcesses(context, options);
        return new RankStage(context, options).run(source);
    }

    /** Errors of the configuration are told here, once, and before anything is started. */
    private static void check(Config source, TrainingOptions options) {
        Path folder = options.folder();
        TrainingConfig training;
        if (RunFolder.holdsRun(folder)) {
            RunFolder.resume(folder, source);
            training = TrainingConfig.toResume(source, folder);
        } else {
            training = TrainingConfig.read(source);
            RunFolder.create(folder, training.name(), source);
        }
        training.sampler().part(0, options.ranks());
    }

    /** Spark waits long for tasks that it cannot run at once, and tells little of it. */
    private static void requireProcesses(SparkContext context, TrainingOptions options) {
        int ranks = options.ranks();
        if (context.isLocal()) {
            if (ranks > 1) {
                throw new UserException("this session's master is " + context.master() + ", which runs all tasks in"
                        + " one process, but each of " + ranks + " ranks needs one of its own: give Spark executors, as"
                        + " the masters spark://HOST:7077, yarn and k8s do, and on one machine, to try it,"
                        + " local-cluster[" + ranks + ",1,2048]; or train without Spark by gimbal train --ranks "
                        + ranks + ".");
            }
            return;
        }
        if (context.getConf().getBoolean("spark.dynamicAllocation.enabled", false)) {
            throw new UserException("spark.dynamicAllocation.enabled is true, with which Spark runs no tasks that must"
                    + " run together: set it to false, and spark.executor.instances to " + ranks + ".");
        }
        long end = System.nanoTime() + options.patience().toNanos();
        while (executors(context) < ranks) {
            if (System.nanoTime() > end) {
                throw new UserException("this session has " + executors(context) + " executors"
                        + after(options.patience()) + ", but each of " + ranks + " ranks needs one of its own: start"
                        + " as many (--num-executors or spark.executor.instances; of a standalone cluster,"
                        + " spark.executor.cores and spark.cores.max say how many there are), or train by fewer"
                        + " ranks.");
            }
            sleep();
        }
    }

    private static String after(Duration patience) {
        return " after " + (patience.toSeconds() > 0 ? patience.toSeconds() + " s" : patience.toMillis() + " ms");
    }

    /** The driver keeps blocks, too. */
    private static int executors(SparkContext context) {
        return context.getExecutorMemoryStatus().size() - 1;
    }

    private static void sleep() {
        try {
            Thread.sleep(LOOK_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while executors are waited for", e);
        }
    }

    /**
     * Predicts photos, as {@link PhotoModel#predict} does of the column {@value #CONTENT}. An executor reads the model
     * once, whatever tasks it has.
     *
     * @param photos rows with the bytes of photos' files, as the data source {@code binaryFile} has them
     * @param model  by which
     * @return the other columns, and {@value PhotoModel#PREDICTION}
     * @throws UserException if there is no such column of binary values, or one called {@value PhotoModel#PREDICTION}
     */
    public static Dataset<Row> predict(Dataset<Row> photos, PhotoModel model) {
        return model.predict(photos, CONTENT);
    }

    /**
     * Predicts the elements of a dataset of any type, with results of any type, in their order. What cannot be read
     * ends the job, by its key; {@link PhotoModel#partitions} lets it be a result, too.
     *
     * @param <T>       the dataset's elements
     * @param <K>       what is kept of a photo until its prediction is there
     * @param <R>       the results
     * @param elements  each with a photo
     * @param model     by which
     * @param photo     the photo of an element
     * @param predicted the result of a key and what was predicted, in the thread of the task
     * @param results   how Spark holds them
     * @return the results
     */
    public static <T, K, R> Dataset<R> predict(Dataset<T> elements, PhotoModel model, MapFunction<T, Photo<K>> photo,
            Function2<K, PhotoPrediction, R> predicted, Encoder<R> results) {
        return elements.mapPartitions(model.partitions(photo, predicted), results);
    }

    /**
     * Predicts rows of a table, as {@link TableModel#predict} does. An executor reads the model once, whatever tasks it
     * has.
     *
     * @param rows  with the model's columns
     * @param model by which
     * @return all columns of the rows, and {@value TableModel#PREDICTION}
     * @throws UserException as there
     */
    public static Dataset<Row> predict(Dataset<Row> rows, TableModel model) {
        return model.predict(rows);
    }

    /**
     * Predicts the elements of a dataset of any type as rows of a table, with results of any type, in their order. What
     * cannot be read ends the job; {@link TableModel#partitions} lets it be a result, too.
     *
     * @param <T>       the dataset's elements
     * @param <R>       the results
     * @param elements  each a row
     * @param model     by which
     * @param cells     of an element, by column
     * @param predicted the result of an element and what was predicted, in the thread of the task
     * @param results   how Spark holds them
     * @return the results
     */
    public static <T, R> Dataset<R> predict(Dataset<T> elements, TableModel model, MapFunction<T, Map<String, ?>> cells,
            Function2<T, RowPrediction, R> predicted, Encoder<R> results) {
        return elements.mapPartitions(model.partitions(cells, predicted), results);
    }
}
