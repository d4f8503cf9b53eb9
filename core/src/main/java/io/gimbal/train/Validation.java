package io.gimbal.train;

import io.gimbal.config.Counts;
import io.gimbal.data.Batch;
import io.gimbal.data.BatchPipeline;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Resolution;
import io.gimbal.data.Sampler;
import io.gimbal.data.Slot;
import io.gimbal.data.StoredSet;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.graph.Shape;
import io.gimbal.loss.TaskSpec;
import io.gimbal.metric.Metric;
import io.gimbal.metric.Metrics;
import io.gimbal.metric.Score;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The papers' metrics of a network on held-out data: in the network's pixels, or in those of each sample's own image
 * ({@link Resolution#NATIVE}; logits are brought there before the class is chosen, vectors before they are brought to
 * length 1). Key points are measured in the network's pixels either way, and what is of the whole image has none.
 */
public final class Validation {
    private final DataSet data;
    private final List<TaskSpec> tasks;
    private final int batch;
    private final Resolution resolution;
    private final boolean thorough;

    /**
     * In the network's pixels.
     *
     * @param data  what is held out
     * @param tasks in the order of the network's
     * @param batch examples in a step of the inference that will be given
     */
    public Validation(DataSet data, List<TaskSpec> tasks, int batch) {
        this(data, tasks, batch, Resolution.NETWORK);
    }

    /**
     * In the pixels of a resolution.
     *
     * @param data       what is held out
     * @param tasks      in the order of the network's
     * @param batch      examples in a step of the inference that will be given
     * @param resolution in whose pixels is measured
     * @throws io.gimbal.config.UserException if the data cannot be measured so
     */
    public Validation(DataSet data, List<TaskSpec> tasks, int batch, Resolution resolution) {
        this(data, tasks, batch, resolution, false);
    }

    private Validation(DataSet data, List<TaskSpec> tasks, int batch, Resolution resolution, boolean thorough) {
        Counts.atLeast("batch", batch, 1);
        this.data = Objects.requireNonNull(data, "data is null");
        this.tasks = List.copyOf(Objects.requireNonNull(tasks, "tasks is null"));
        this.batch = batch;
        this.resolution = resolution;
        this.thorough = thorough;
        resolution.check(data);
    }

    /**
     * The same with what takes too long while a network is trained, {@link Metrics#thorough}.
     *
     * @return another validation; this one stays
     */
    public Validation thorough() {
        return new Validation(data, tasks, batch, resolution, true);
    }

    /** {@return how many examples there are} */
    public int examples() {
        return data.size();
    }

    /** What is done with each batch: the labels, the predictions in the step, and how many of its examples are real. */
    public interface Visitor {
        /**
         * Takes a batch, whose memory is used again for the next.
         *
         * @param labels      of each example, by field
         * @param predictions has them by task
         * @param real        the first so many examples; those behind them fill the batch
         */
        void batch(Slot labels, InferenceStep predictions, int real);
    }

    /**
     * Predicts every example in order, {@code most} at most.
     *
     * @param inference a step of the batch size that was given
     * @param most      how many examples
     * @param visitor   takes each batch
     * @throws IllegalArgumentException if the network takes or predicts something else than the data have
     * @throws IllegalStateException    if the thread is interrupted, as it stays marked; with an
     *                                  {@link InterruptedException} as its cause
     */
    public void run(InferenceStep inference, int most, Visitor visitor) {
        requireFit(inference.graph());
        List<String> fields = tasks.stream().map(TaskSpec::field).toList();
        List<Slot> slots = List.of(Slot.allocate(data, batch, fields), Slot.allocate(data, batch, fields));
        Sampler sampler = Sampler.evaluation(Math.min(most, data.size()), batch);
        try (BatchPipeline batches = new BatchPipeline(data, sampler, sampler.start(), slots,
                BatchPipeline.defaultThreads())) {
            while (batches.hasNext()) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new IllegalStateException("interrupted while predicting", new InterruptedException());
                }
                Batch next = batches.next();
                Slot slot = slots.get(next.slot());
                FloatBuffer images = slot.image().duplicate().order(ByteOrder.nativeOrder()).clear().asFloatBuffer();
                inference.input().put(images);
                inference.run();
                visitor.batch(slot, inference, next.real());
                batches.release(next.slot());
            }
        }
    }

    private void requireFit(NetworkGraph graph) {
        Shape input = graph.input();
        if (input.batch() != batch || !TaskFields.fits(input, data)) {
            throw new IllegalArgumentException("the network takes " + input.batch() + " images of " + input.describe()
                    + ", and is to be validated on " + batch + " of " + TaskFields.describe(data));
        }
        List<String> names = tasks.stream().map(TaskSpec::name).toList();
        if (!graph.tasks().equals(names)) {
            throw new IllegalArgumentException("the network predicts " + graph.tasks() + ", and is to be validated on "
                    + names);
        }
        for (int task = 0; task < names.size(); task++) {
            Field field = data.field(tasks.get(task).field());
            if (!TaskFields.fits(graph.prediction(task), field, data)) {
                throw new IllegalArgumentException("task '" + names.get(task) + "' predicts "
                        + graph.prediction(task).describe() + ", and the field '" + field.name() + "' needs "
                        + TaskFields.due(field, data));
            }
        }
    }

    /**
     * Each task's scores over all examples.
     *
     * @param inference a step of the batch size that was given
     * @return by task, in order, each metric beside the best constant's
     */
    public Map<String, List<Score>> scores(InferenceStep inference) {
        return scores(inference, (labels, predictions, real) -> { });
    }

    /**
     * The same, with something else done with each batch.
     *
     * @param inference a step of the batch size that was given
     * @param also      takes each batch, besides
     * @return by task, in order, each metric beside the best constant's
     */
    public Map<String, List<Score>> scores(InferenceStep inference, Visitor also) {
        List<Metric> metrics = new ArrayList<>();
        tasks.forEach(task -> metrics.add(metric(task)));
        boolean own = resolution == Resolution.NATIVE;
        try (NativeScores natively = own ? new NativeScores((StoredSet) data, tasks) : null) {
            run(inference, Integer.MAX_VALUE, (labels, predictions, real) -> {
                for (int task = 0; task < metrics.size(); task++) {
                    Field field = data.field(tasks.get(task).field());
                    if (!own || !NativeScores.applies(field)) {
                        add(field, predictions.prediction(task), labels.targets().get(field.name()), real,
                                metrics.get(task));
                    }
                }
                if (own) {
                    natively.add(predictions, real, metrics);
                }
                also.batch(labels, predictions, real);
            });
        }
        Map<String, List<Score>> scores = new LinkedHashMap<>();
        for (int task = 0; task < metrics.size(); task++) {
            scores.put(tasks.get(task).name(), metrics.get(task).scores());
        }
        return scores;
    }

    private Metric metric(TaskSpec task) {
        Field field = data.field(task.field());
        return thorough ? Metrics.thorough(field, task.loss(), data.height(), data.width())
                : Metrics.of(field, task.loss(), data.height(), data.width());
    }

    private void add(Field field, FloatBuffer predictions, ByteBuffer targets, int samples, Metric metric) {
        int places = Math.toIntExact(field.places(data.height(), data.width()));
        int values = places * field.predicted();
        int bytes = places * field.bytesPerPlace();
        for (int sample = 0; sample < samples; sample++) {
            metric.add(predictions.slice(sample * values, values), targets.slice(sample * bytes, bytes).order(
                    ByteOrder.nativeOrder()), places);
            metric.endImage(field.wholeImage() ? 1 : data.height(), field.wholeImage() ? 1 : data.width());
        }
    }
}
