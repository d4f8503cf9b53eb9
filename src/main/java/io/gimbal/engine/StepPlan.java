package io.gimbal.engine;

import java.util.List;

/**
 * What a training step is made of.
 *
 * @param criteria each task's loss, in the order of {@link NetworkGraph#tasks}
 * @param measure  whether gradient norms are measured even where the balancing does not need them
 */
public record StepPlan(NetworkGraph graph, List<Criterion> criteria, Balancing balancing, Optimizer optimizer,
        LearningRate learningRate, Precision precision, boolean measure) {
    public StepPlan {
        criteria = List.copyOf(criteria);
    }

    /** Whether each task's gradient norm on W is measured. */
    boolean measures() {
        return measure || balancing.needsNorms();
    }
}
