package io.gimbal.train;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.graph.Shape;
import io.gimbal.loss.CrossEntropy;
import io.gimbal.loss.TaskSpec;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/** Holds a data set's fields against the tasks that read them. */
public final class TaskFields {
    private final DataSet data;
    private final NetworkGraph graph;
    private final List<TaskSpec> tasks;
    private final Place place;

    /** Words a complaint about what a task has under a key of its description; about the task if the key is empty. */
    private interface Place {
        UserException refuse(TaskSpec task, String key, String message);
    }

    private TaskFields(DataSet data, NetworkGraph graph, List<TaskSpec> tasks, Place place) {
        this.data = data;
        this.graph = graph;
        this.tasks = tasks;
        this.place = place;
    }

    /**
     * Refuses tasks of a configuration whose heads or losses do not fit the data's fields, naming the place in it.
     *
     * @param config the training's, in which faults are placed
     * @param data   has a field for each task
     * @param graph  the network, of any batch size
     * @param tasks  in the order of the heads
     */
    public static void check(Config config, DataSet data, NetworkGraph graph, List<TaskSpec> tasks) {
        new TaskFields(data, graph, tasks, (task, key, message) -> {
            Config spec = config.object("tasks").object(task.name());
            return key.isEmpty() ? spec.error(message) : spec.error(key, message);
        }).check();
    }

    /** Refuses tasks of a program whose heads or losses do not fit the data's fields, naming the task. */
    static void check(DataSet data, NetworkGraph graph, List<TaskSpec> tasks) {
        new TaskFields(data, graph, tasks, (task, key, message) ->
                new UserException("task " + Names.quote(task.name()) + ": " + (key.isEmpty() ? "" : key + " ")
                        + message)).check();
    }

    private void check() {
        Set<String> fields = new HashSet<>();
        for (int i = 0; i < tasks.size(); i++) {
            TaskSpec task = tasks.get(i);
            Field field = data.fields().stream().filter(one -> one.name().equals(task.field())).findFirst()
                    .orElseThrow(() -> place.refuse(task, "target", "is the field " + Names.quote(task.field())
                            + ", but the data have " + Names.list(data.fields().stream().map(Field::name).toList())
                            + "; name one of these"));
            if (!fields.add(task.field())) {
                throw place.refuse(task, "target", "is the field " + Names.quote(task.field())
                        + ", which another task reads already");
            }
            checkLoss(task, field, graph.prediction(i));
            checkShape(task, field, graph.prediction(i));
        }
    }

    private void checkLoss(TaskSpec task, Field field, Shape prediction) {
        String named = ", but the field " + Names.quote(field.name());
        boolean classes = task.loss() instanceof CrossEntropy;
        if (classes != (field.kind() == Field.Kind.CLASSES)) {
            throw place.refuse(task, "loss", "is " + task.loss().name() + named + " holds "
                    + (classes ? "values; take l1, l2, huber or cosine" : "classes; take cross_entropy"));
        }
        if (field.kind() == Field.Kind.COORDINATES && (task.loss().ofLogits() || task.loss().ofDirections())) {
            throw place.refuse(task, "loss", "is " + task.loss().name() + named + " holds coordinates; take l1, l2 or "
                    + "huber");
        }
        if (task.loss() instanceof CrossEntropy loss && loss.classes() != field.classes()) {
            throw place.refuse(task, "classes", "is " + loss.classes() + named + " has " + field.classes());
        }
        OptionalDouble ignore = task.loss().target(prediction).ignore();
        if (ignore.isEmpty() || (float) ignore.getAsDouble() != field.ignore()) {
            String given = ignore.isEmpty() ? "is not given" : "is " + text(ignore.getAsDouble());
            String due = text(field.ignore());
            throw place.refuse(task, "ignore", given + named + " marks unlabelled places with "
                    + (classes ? "class " : "") + due + "; take " + due);
        }
    }

    private void checkShape(TaskSpec task, Field field, Shape prediction) {
        if (!fits(prediction, field, data)) {
            throw place.refuse(task, "", "head " + Names.quote(task.name()) + " leaves " + prediction.describe()
                    + ", but the field " + Names.quote(field.name()) + " needs " + due(field, data));
        }
    }

    /** Whether a prediction has the places and channels of a field of the data. */
    static boolean fits(Shape prediction, Field field, DataSet data) {
        int height = field.wholeImage() ? 1 : data.height();
        int width = field.wholeImage() ? 1 : data.width();
        return prediction.channels() == field.predicted() && prediction.height() == height
                && prediction.width() == width;
    }

    /** What a field of the data needs to be predicted, in words. */
    static String due(Field field, DataSet data) {
        return field.wholeImage() ? field.predicted() + " features"
                : field.predicted() + " x " + data.height() + " x " + data.width();
    }

    /** Whether a network takes what the data set has: images of its size and channels, or as many features. */
    static boolean fits(Shape input, DataSet data) {
        return input.channels() == data.channels() && input.height() == data.height() && input.width() == data.width();
    }

    /** What the samples of a data set are, in words. */
    static String describe(DataSet data) {
        return data.channels() + " x " + data.height() + " x " + data.width();
    }

    private static String text(double value) {
        return value == (long) value ? Long.toString((long) value) : Double.toString(value);
    }
}
