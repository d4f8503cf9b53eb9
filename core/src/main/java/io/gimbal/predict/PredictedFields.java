package io.gimbal.predict;

import io.gimbal.checkpoint.DataMeaning;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.graph.Shape;
import io.gimbal.loss.CrossEntropy;
import io.gimbal.loss.TaskSpec;
import java.util.ArrayList;
import java.util.List;

/** What a network's tasks predict, as fields that are called as the tasks are. */
final class PredictedFields {
    private PredictedFields() {}

    /** @throws UserException if a task predicts neither the image's pixels nor the whole image */
    static List<Field> of(List<TaskSpec> tasks, DataMeaning meaning, NetworkGraph graph) {
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            TaskSpec task = tasks.get(i);
            Shape prediction = graph.prediction(i);
            boolean pixels = prediction.height() == graph.input().height()
                    && prediction.width() == graph.input().width() && !prediction.flat();
            if (!pixels && prediction.places() != prediction.batch()) {
                throw new UserException("task '" + task.name() + "' predicts " + prediction.describe()
                        + ", which is neither each pixel of the image nor the whole");
            }
            Field.Kind kind = meaning.kinds().containsKey(task.name()) ? meaning.kinds().get(task.name())
                    : guessed(task, prediction, pixels);
            boolean classes = kind == Field.Kind.CLASSES;
            fields.add(new Field(task.name(), classes ? 1 : prediction.channels(), kind, classes
                    ? prediction.channels() : 0, classes ? -1 : 0, !pixels, meaning.names().getOrDefault(task.name(),
                    List.of())));
        }
        return List.copyOf(fields);
    }

    /** Of a checkpoint that does not say it, by the loss and by what the field is called. */
    private static Field.Kind guessed(TaskSpec task, Shape prediction, boolean pixels) {
        if (task.loss() instanceof CrossEntropy) {
            return Field.Kind.CLASSES;
        }
        Field plain = Field.ofValues(task.field(), prediction.channels(), 0);
        return pixels && plain.isDepth() ? Field.Kind.DEPTH : pixels && plain.isVectors() ? Field.Kind.VECTORS
                : Field.Kind.VALUES;
    }
}
