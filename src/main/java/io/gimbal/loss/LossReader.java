package io.gimbal.loss;

import io.gimbal.config.Config;
import java.util.List;
import java.util.OptionalDouble;

/** Reads a task's {@link Loss} from a configuration's {@code tasks.TASK}. */
public final class LossReader {
    private static final List<String> LOSSES = List.of("cross_entropy", "l1", "l2", "huber", "cosine",
            "binary_cross_entropy");

    private LossReader() {}

    /**
     * Reads {@code loss} and what it takes.
     *
     * @param channels what the task's head leaves: the classes of a cross entropy that does not say how many it has
     */
    public static Loss read(Config task, int channels) {
        String kind = task.choice("loss", LOSSES);
        switch (kind) {
            case "cross_entropy" -> task.allow("loss", "ignore", "target", "classes");
            case "huber" -> task.allow("loss", "ignore", "target", "delta");
            case "binary_cross_entropy" -> task.allow("loss", "ignore", "target", "positive_weight");
            default -> task.allow("loss", "ignore", "target");
        }
        OptionalDouble ignore = task.has("ignore") ? OptionalDouble.of(task.number("ignore")) : OptionalDouble.empty();
        return switch (kind) {
            case "cross_entropy" -> crossEntropy(task, channels);
            case "l1" -> new Regression(Regression.Kind.L1, 0, ignore);
            case "l2" -> new Regression(Regression.Kind.L2, 0, ignore);
            case "huber" -> new Regression(Regression.Kind.HUBER, task.positiveNumber("delta", 1), ignore);
            case "cosine" -> new Cosine(ignore);
            default -> new Regression(Regression.Kind.BINARY_CROSS_ENTROPY, task.numberIn("positive_weight", 0, 1, 0.5),
                    ignore);
        };
    }

    private static Loss crossEntropy(Config task, int channels) {
        return new CrossEntropy(task.positive("classes", channels), task.integer("ignore", CrossEntropy.DEFAULT_IGNORE),
                task.has("classes"));
    }
}
