package io.gimbal.loss;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Reads a task's {@link Loss} from a configuration's {@code tasks.TASK}. */
public final class LossReader {
    private static final List<String> LOSSES = List.of("cross_entropy", "l1", "l2", "huber", "cosine",
            "binary_cross_entropy");
    private static final List<String> ALL = List.of("loss", "ignore", "target", "channels");
    private static final Map<String, List<String>> KEYS = Map.of(
            "l1", List.of("loss", "ignore", "target", "channels", "normalize"), "l2", ALL, "cosine", ALL,
            "cross_entropy", List.of("loss", "ignore", "target", "classes"),
            "huber", List.of("loss", "ignore", "target", "channels", "delta"),
            "binary_cross_entropy", List.of("loss", "ignore", "target", "channels", "positive_weight"));

    private static final int DIRECTIONS = 3;

    private LossReader() {}

    /**
     * {@return how many channels a named architecture predicts for the task: {@code classes}, or {@code channels},
     * which are 3 where the loss is of directions, and otherwise 1}
     *
     * @param task the configuration's, by its name
     */
    public static int predicted(Config task) {
        String kind = task.choice("loss", LOSSES);
        if (kind.equals("cross_entropy")) {
            if (!task.has("classes")) {
                throw task.error("has no 'classes'; a named architecture makes a head of as many channels");
            }
            return task.positive("classes");
        }
        boolean ofDirections = kind.equals("cosine") || task.flag("normalize", false);
        return task.positive("channels", ofDirections ? DIRECTIONS : 1);
    }

    /**
     * Reads {@code loss} and what it takes.
     *
     * @param task     the configuration's, by its name
     * @param channels what the task's head leaves: the classes of a cross entropy that does not say how many it has
     * @return the loss
     */
    public static Loss read(Config task, int channels) {
        String kind = task.choice("loss", LOSSES);
        task.allow(kind, KEYS);
        if (kind.equals("cross_entropy")) {
            return crossEntropy(task, channels);
        }
        if (task.positive("channels", channels) != channels) {
            throw task.error("channels", "is " + task.positive("channels") + ", but what predicts the task leaves "
                    + channels);
        }
        OptionalDouble ignore = task.find("ignore").map(marker -> OptionalDouble.of(marker.number(Range.FINITE)))
                .orElseGet(OptionalDouble::empty);
        double delta = task.number("delta", Range.POSITIVE, 1);
        boolean normalized = task.flag("normalize", false);
        Optional<Config> positive = task.find("positive_weight");
        boolean balanced = positive.filter(Config::isText).map(text -> text.choice(List.of("batch"))).isPresent();
        double positiveWeight = balanced ? 0 : task.number("positive_weight", Range.FRACTION, 0.5);
        return task.placed(() -> switch (kind) {
            case "l1" -> normalized ? new NormalizedL1(ignore) : new Regression(Regression.Kind.L1, 0, ignore);
            case "l2" -> new Regression(Regression.Kind.L2, 0, ignore);
            case "huber" -> new Regression(Regression.Kind.HUBER, delta, ignore);
            case "cosine" -> new Cosine(ignore);
            default -> balanced ? new BalancedBinaryCrossEntropy(ignore)
                    : new Regression(Regression.Kind.BINARY_CROSS_ENTROPY, positiveWeight, ignore);
        });
    }

    private static Loss crossEntropy(Config task, int channels) {
        return new CrossEntropy(task.positive("classes", channels), task.integer("ignore", CrossEntropy.DEFAULT_IGNORE),
                task.has("classes"));
    }
}
