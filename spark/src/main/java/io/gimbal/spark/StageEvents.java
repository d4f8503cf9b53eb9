package io.gimbal.spark;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What Spark tells the driver of a training's stage: what rank 0 says with its heartbeats, and which of its tasks run.
 * Told by a thread of Spark's, asked by that of the training.
 */
final class StageEvents extends SparkListener {
    /** The local property by which a training's job is known. */
    static final String PROPERTY = "gimbal.training";

    private final String training;
    private final long accumulator;
    private final BlockingQueue<ProgressAccumulator.Entry> entries = new LinkedBlockingQueue<>();
    private final Set<Integer> stages = new HashSet<>();
    private final Set<Long> running = new HashSet<>();
    private int attempt = -1;
    private long number;

    /**
     * @param training    what {@link #PROPERTY} says
     * @param accumulator the number of rank 0's
     */
    StageEvents(String training, long accumulator) {
        this.training = training;
        this.accumulator = accumulator;
    }

    @Override
    public synchronized void onJobStart(SparkListenerJobStart start) {
        if (start.properties() != null && training.equals(start.properties().getProperty(PROPERTY))) {
            CollectionConverters.asJava(start.stageInfos()).forEach(stage -> stages.add(stage.stageId()));
        }
    }

    @Override
    public synchronized void onTaskStart(SparkListenerTaskStart start) {
        if (stages.contains(start.stageId())) {
            running.add(start.taskInfo().taskId());
        }
    }

    @Override
    public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
        running.remove(end.taskInfo().taskId());
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
        CollectionConverters.asJava(update.accumUpdates()).forEach(task -> CollectionConverters.asJava(task._4())
                .forEach(this::read));
    }

    private void read(AccumulableInfo info) {
        if (info.id() == accumulator && info.update().isDefined() && info.update().get() instanceof List<?> list) {
            add(list.stream().map(ProgressAccumulator.Entry.class::cast).toList());
        }
    }

    /** Takes those that did not come before: each heartbeat has the earlier ones, too. */
    synchronized void add(List<ProgressAccumulator.Entry> some) {
        for (ProgressAccumulator.Entry entry : some) {
            if (entry.after(attempt, number)) {
                attempt = entry.attempt();
                number = entry.number();
                entries.add(entry);
            }
        }
    }

    /** Tells what has come, or comes within a while. */
    void tell(SparkTrainingListener listener, long milliseconds) throws InterruptedException {
        for (ProgressAccumulator.Entry next = entries.poll(milliseconds, TimeUnit.MILLISECONDS); next != null;
                next = entries.poll()) {
            next.event().tell(listener);
        }
    }

    /** Whether a task of the training runs, as far as Spark has told. */
    synchronized boolean running() {
        return !running.isEmpty();
    }
}
