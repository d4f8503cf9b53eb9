package io.gimbal.engine;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.device.Precision;
import io.gimbal.graph.Measurement;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a training step is made of.
 *
 * @param criteria each task's loss, in the order of {@link NetworkGraph#tasks}
 * @param measure  whether gradient norms are measured even where the balancing does not need them
 * @param seed     what the step's random numbers come from, with its number; all 64 bits count
 */
public record StepPlan(NetworkGraph graph, List<Criterion> criteria, Balancing balancing, Optimizer optimizer,
        LearningRate learningRate, Precision precision, boolean measure, long seed) {
    /** What seeds a step whose description names none. */
    public static final long DEFAULT_SEED = 1;

    public StepPlan {
        Objects.requireNonNull(graph, "graph is null");
        Objects.requireNonNull(balancing, "balancing is null");
        Objects.requireNonNull(optimizer, "optimizer is null");
        Objects.requireNonNull(learningRate, "learningRate is null");
        Objects.requireNonNull(precision, "precision is null");
        criteria = List.copyOf(Objects.requireNonNull(criteria, "criteria is null"));
        if (criteria.size() != graph.tasks().size()) {
            throw new UserException("there are " + criteria.size() + " losses for the tasks "
                    + Names.list(graph.tasks()) + "; each task needs one.");
        }
        balancing.check(graph.tasks());
        if (measure || balancing.needsNorms()) {
            graph.requireMeasurable();
        }
    }

    /** The same with the seed {@value #DEFAULT_SEED}. */
    public StepPlan(NetworkGraph graph, List<Criterion> criteria, Balancing balancing, Optimizer optimizer,
            LearningRate learningRate, Precision precision, boolean measure) {
        this(graph, criteria, balancing, optimizer, learningRate, precision, measure, DEFAULT_SEED);
    }

    /** Whether each task's gradient norm on W is measured. */
    public boolean measures() {
        return measure || balancing.needsNorms();
    }

    public Measurement measurement() {
        return measures() ? new Measurement.OfParameters(Set.copyOf(graph.shared())) : new Measurement.Nothing();
    }
}
