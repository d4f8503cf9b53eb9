package io.gimbal.train;

import io.gimbal.data.Batch;
import io.gimbal.data.BatchPipeline;
import io.gimbal.data.DataSet;
import io.gimbal.data.Sampler;
import io.gimbal.data.Slot;
import io.gimbal.engine.InferenceStep;
import io.gimbal.metric.Metric;
import io.gimbal.metric.Metrics;
import io.gimbal.metric.Score;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The papers' metrics of a network on held-out data. */
public final class Validation {
    private final DataSet data;
    private final List<TaskSpec> tasks;
    private final int batch;

    public Validation(DataSet data, List<TaskSpec> tasks, int batch) {
        this.data = data;
        this.tasks = tasks;
        this.batch = batch;
    }

    /** How many examples there are. */
    public int examples() {
        return data.size();
    }

    /** What is done with each batch: the labels, the predictions in the step, and how many of its examples are real. */
    public interface Visitor {
        void batch(Slot labels, InferenceStep predictions, int real);
    }

    /** Predicts every example in order. */
    public void run(InferenceStep inference, int most, Visitor visitor) {
        List<String> fields = tasks.stream().map(TaskSpec::field).toList();
        List<Slot> slots = List.of(Slot.allocate(data, batch, fields), Slot.allocate(data, batch, fields));
        Sampler sampler = Sampler.evaluation(Math.min(most, data.size()), batch);
        try (BatchPipeline batches = new BatchPipeline(data, sampler, sampler.start(), slots,
                BatchPipeline.defaultThreads())) {
            while (batches.hasNext()) {
                Batch next = batches.next();
                Slot slot = slots.get(next.slot());
                FloatBuffer images = slot.image().duplicate().order(ByteOrder.nativeOrder()).clear().asFloatBuffer();
                inference.input().put(images.limit(inference.input().capacity()));
                inference.run();
                visitor.batch(slot, inference, next.real());
                batches.release(next.slot());
            }
        }
    }

    /** Each task's scores over all examples. */
    public Map<String, List<Score>> scores(InferenceStep inference) {
        List<Metric> metrics = new ArrayList<>();
        tasks.forEach(task -> metrics.add(Metrics.of(data.field(task.field()), task.loss().name())));
        long pixels = (long) data.height() * data.width();
        run(inference, Integer.MAX_VALUE, (labels, predictions, real) -> {
            for (int task = 0; task < metrics.size(); task++) {
                metrics.get(task).add(predictions.prediction(task), labels.targets().get(tasks.get(task).field()), real
                        * pixels);
            }
        });
        Map<String, List<Score>> scores = new LinkedHashMap<>();
        for (int task = 0; task < metrics.size(); task++) {
            scores.put(tasks.get(task).name(), metrics.get(task).scores());
        }
        return scores;
    }
}
