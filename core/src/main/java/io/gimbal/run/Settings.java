package io.gimbal.run;

import io.gimbal.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Values set over a training's configuration. */
public final class Settings {
    /** What a configuration says by task, besides what the model predicts. */
    private static final List<List<String>> BY_TASK = List.of(List.of("tasks"), List.of("balance", "weights"),
            List.of("balance", "start"), List.of("balance", "priority"), List.of("balance", "nadir"),
            List.of("balance", "leak"));

    private Settings() {}

    /**
     * The configuration with these values, one after the other, as {@link Config#with(String)} sets them. Where one
     * takes a task away from what the model predicts, what else is said of that task goes with it.
     *
     * @param settings each {@code path=value}
     * @throws io.gimbal.config.UserException naming the setting that cannot be
     */
    public static Config over(Config config, List<String> settings) {
        Config set = config;
        for (String setting : settings) {
            Set<String> before = predicted(set);
            set = set.with(setting);
            List<String> dropped = new ArrayList<>(before);
            dropped.removeAll(predicted(set));
            for (String task : dropped) {
                set = without(set, task);
            }
        }
        return set;
    }

    /** The path of a task in what a configuration's model predicts: set to {@code null}, the task is taken away. */
    public static String taskPath(Config config, String task) {
        Config model = config.object("model");
        String place = model.has("architecture") ? "tasks" : model.has("blocks") ? "model.outputs" : "model.heads";
        return place + "[\"" + task + "\"]";
    }

    /** The names of the tasks that a configuration's model predicts, in order; none where it does not say. */
    public static Set<String> predicted(Config config) {
        return config.find("model").filter(Config::isObject).flatMap(model -> predictions(config, model))
                .filter(Config::isObject).map(Config::keys).orElse(Set.of());
    }

    private static Optional<Config> predictions(Config config, Config model) {
        if (model.has("architecture")) {
            return config.find("tasks");
        }
        return model.find(model.has("blocks") ? "outputs" : "heads");
    }

    private static Config without(Config config, String task) {
        Config left = config;
        for (List<String> path : BY_TASK) {
            Config place = left;
            for (String key : path) {
                place = place != null && place.isObject() ? place.find(key).orElse(null) : null;
            }
            if (place != null && place.isObject() && place.has(task)) {
                left = left.with(String.join(".", path) + "[\"" + task + "\"]=null");
            }
        }
        return left;
    }
}
