package io.gimbal.spark;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Option;
import scala.reflect.ClassTag$;

/** The barrier stage of a training, as the driver sees it. For the thread that trains. */
final class RankStage {
    private static final long LOOK_MILLISECONDS = 100;
    /** How long ranks that are told to end may take to write their checkpoint. */
    private static final Duration FAREWELL = Duration.ofMinutes(1);

    private final SparkContext context;
    private final TrainingOptions options;
    private final ProgressAccumulator progress = new ProgressAccumulator();
    private final StageEvents events;
    private final String training = UUID.randomUUID().toString();

    RankStage(SparkContext context, TrainingOptions options) {
        this.context = context;
        this.options = options;
        progress.register(context, Option.empty(), false);
        events = new StageEvents(training, progress.id());
    }

    TrainingResult run(Config config) {
        context.addSparkListener(events);
        String before = context.getLocalProperty(StageEvents.PROPERTY);
        context.setLocalProperty(StageEvents.PROPERTY, training);
        try {
            return followed(submit(RankTask.of(config, options, progress)));
        } finally {
            context.setLocalProperty(StageEvents.PROPERTY, before);
            context.removeSparkListener(events);
        }
    }

    /** Behind a shuffle, since Spark starts no barrier stage again that is a job's last. */
    private JavaFutureAction<List<byte[]>> submit(RankTask task) {
        List<Integer> ranks = IntStream.range(0, options.ranks()).boxed().toList();
        return JavaSparkContext.fromSparkContext(context).parallelize(ranks, ranks.size()).rdd().barrier()
                .mapPartitions(task, false, ClassTag$.MODULE$.apply(byte[].class)).toJavaRDD().coalesce(1, true)
                .collectAsync();
    }

    private TrainingResult followed(JavaFutureAction<List<byte[]>> job) {
        try {
            while (!job.isDone()) {
                events.tell(options.listener(), LOOK_MILLISECONDS);
            }
            RankEnd end = RankEnd.of(job.get().getFirst());
            events.add(progress.value());
            events.tell(options.listener(), 0);
            return result(end);
        } catch (ExecutionException failure) {
            awaitEnd();
            throw new IllegalStateException("the training by " + options.ranks() + " ranks ended early: "
                    + failure.getCause().getMessage() + "\nWhat it has kept is in " + options.folder()
                    + "; the same call goes on from there.", failure.getCause());
        } catch (InterruptedException interruption) {
            end(job);
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while ranks train; what they have kept is in "
                    + options.folder() + "; the same call goes on from there.", interruption);
        } catch (RuntimeException | Error failure) {
            end(job);
            throw failure;
        }
    }

    private TrainingResult result(RankEnd end) {
        if (end.refused()) {
            throw new UserException(end.refusal());
        }
        return new TrainingResult(options.folder(), end.steps(), end.scores());
    }

    private void end(JavaFutureAction<List<byte[]>> job) {
        if (!job.isDone()) {
            job.cancel(true);
            awaitEnd();
        }
    }

    /** Until then the folder is rank 0's. */
    private void awaitEnd() {
        boolean interrupted = false;
        long end = System.nanoTime() + FAREWELL.toNanos();
        while (events.running() && System.nanoTime() < end) {
            try {
                Thread.sleep(LOOK_MILLISECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
