package io.gimbal.train;

import io.gimbal.data.BatchPipeline;
import io.gimbal.data.Field;
import io.gimbal.data.Intake;
import io.gimbal.data.NativeLabels;
import io.gimbal.data.Shown;
import io.gimbal.data.StoredSet;
import io.gimbal.engine.InferenceStep;
import io.gimbal.graph.Shape;
import io.gimbal.loss.TaskSpec;
import io.gimbal.metric.Metric;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * Holds predictions against labels in the pixels of each sample's own image. Samples come in the set's order; threads
 * read the next ones' labels meanwhile, one each. For one thread.
 */
final class NativeScores implements AutoCloseable {
    private final StoredSet data;
    private final List<TaskSpec> tasks;
    private final Intake intake;
    private final Set<String> wanted;
    private final int threads = BatchPipeline.defaultThreads();
    private final ExecutorService readers;
    private final Deque<Future<NativeLabels>> reading = new ArrayDeque<>();
    private int next;

    NativeScores(StoredSet data, List<TaskSpec> tasks) {
        this.data = data;
        this.tasks = tasks;
        intake = data.intake();
        wanted = tasks.stream().map(task -> data.field(task.field())).filter(NativeScores::applies).map(Field::name)
                .collect(Collectors.toSet());
        readers = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("gimbal-labels-", 0)
                .factory());
    }

    /** Whether a field has labels at another size than the network's: points are where heat maps are largest. */
    static boolean applies(Field field) {
        return !field.wholeImage() && field.kind() != Field.Kind.POINTS;
    }

    /**
     * Adds the next samples to the metrics of all tasks that it {@linkplain #applies applies} to.
     *
     * @param predictions of a batch that begins with them
     * @param metrics     of each task
     */
    void add(InferenceStep predictions, int samples, List<Metric> metrics) {
        for (int sample = 0; sample < samples && !wanted.isEmpty(); sample++) {
            NativeLabels labels = labels();
            for (int task = 0; task < tasks.size(); task++) {
                Field field = data.field(tasks.get(task).field());
                if (wanted.contains(field.name())) {
                    Shape shape = predictions.graph().prediction(task);
                    float[] output = new float[(int) (shape.elements() / shape.batch())];
                    predictions.prediction(task).get(sample * output.length, output);
                    add(field, labels, output, shape, metrics.get(task));
                }
            }
        }
    }

    private void add(Field field, NativeLabels labels, float[] output, Shape shape, Metric metric) {
        ByteBuffer target = ByteBuffer.allocate(labels.width() * field.bytesPerPlace()).order(ByteOrder.nativeOrder());
        Shown.of(intake, labels.height(), labels.width())
                .rows(field, output, shape.height(), shape.width(), (y, row) -> {
            labels.row(field.name(), y, target);
            metric.add(FloatBuffer.wrap(row), target, labels.width());
        });
        metric.endImage(labels.height(), labels.width());
    }

    private NativeLabels labels() {
        while (reading.size() < threads && next < data.size()) {
            int index = next++;
            reading.add(readers.submit(() -> data.nativeLabels(index, wanted)));
        }
        try {
            return reading.removeFirst().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while predicting", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    @Override
    public void close() {
        reading.forEach(labels -> labels.cancel(false));
        readers.close();
    }
}
