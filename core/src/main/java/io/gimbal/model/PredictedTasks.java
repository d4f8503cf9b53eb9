package io.gimbal.model;

import io.gimbal.config.Counts;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.engine.NetworkGraph;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.regex.Pattern;

/**
 * The tasks that a named architecture predicts, in order, and for each how many channels its prediction has: classes, 1
 * for depth, 3 for normals.
 *
 * @param main      those that it is trained for
 * @param auxiliary those that are predicted at first only, for the others to learn from (PAD-Net, MTI-Net, PAP-Net);
 *                  they are trained, too
 */
public record PredictedTasks(SequencedMap<String, Integer> main, SequencedMap<String, Integer> auxiliary) {
    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}_]{1,50}");

    /** Checks names and numbers, and keeps copies. */
    public PredictedTasks {
        main = checked(main);
        auxiliary = checked(auxiliary);
        if (main.isEmpty()) {
            throw new UserException("there is no task, or auxiliary ones alone: an architecture needs one to predict");
        }
        if (main.size() + auxiliary.size() > NetworkGraph.MOST_TASKS) {
            throw new UserException("there are " + (main.size() + auxiliary.size()) + " tasks; a network has at most "
                    + NetworkGraph.MOST_TASKS);
        }
        for (String task : auxiliary.keySet()) {
            if (main.containsKey(task)) {
                throw new UserException("task " + Names.quote(task) + " is both a main and an auxiliary one");
            }
        }
    }

    /**
     * One main task.
     *
     * @param task     its name
     * @param channels of its prediction
     * @return that task alone
     */
    public static PredictedTasks of(String task, int channels) {
        SequencedMap<String, Integer> main = new LinkedHashMap<>();
        main.put(task, channels);
        return new PredictedTasks(main, new LinkedHashMap<>());
    }

    /**
     * With one more main task, behind the others.
     *
     * @param task     its name
     * @param channels of its prediction
     * @return another description; this one stays
     */
    public PredictedTasks and(String task, int channels) {
        return new PredictedTasks(with(main, task, channels), auxiliary);
    }

    /**
     * With one more auxiliary task, behind the others.
     *
     * @param task     its name
     * @param channels of its prediction
     * @return another description; this one stays
     */
    public PredictedTasks auxiliary(String task, int channels) {
        return new PredictedTasks(main, with(auxiliary, task, channels));
    }

    private static SequencedMap<String, Integer> with(SequencedMap<String, Integer> tasks, String task, int channels) {
        SequencedMap<String, Integer> more = new LinkedHashMap<>(tasks);
        if (more.put(task, channels) != null) {
            throw new UserException("two tasks are named " + Names.quote(task));
        }
        return more;
    }

    private static SequencedMap<String, Integer> checked(SequencedMap<String, Integer> tasks) {
        tasks.forEach((task, channels) -> {
            if (!NAME.matcher(task).matches()) {
                throw new UserException("a task's name is " + Names.quote(task) + ", and begins the names of blocks in"
                        + " a named architecture: it has 1 to 50 letters, digits and '_'");
            }
            Counts.atLeast("channels of task " + Names.quote(task), channels, 1);
        });
        return Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tasks));
    }

    /** The main tasks' names. */
    List<String> names() {
        return List.copyOf(main.keySet());
    }

    /** The main tasks, then the auxiliary ones. */
    SequencedMap<String, Integer> every() {
        SequencedMap<String, Integer> every = new LinkedHashMap<>(main);
        every.putAll(auxiliary);
        return every;
    }
}
