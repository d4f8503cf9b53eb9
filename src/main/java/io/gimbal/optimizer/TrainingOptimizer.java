package io.gimbal.optimizer;

import io.gimbal.engine.Optimizer;
import io.gimbal.engine.ParameterGroup;
import java.util.List;
import java.util.stream.Stream;

/** An optimiser with the learning rate that a schedule starts from. */
public sealed interface TrainingOptimizer extends Optimizer permits Adam, Sgd {
    /** The base learning rate. */
    double rate();

    /** The same with these groups of parameters in place of its own. */
    TrainingOptimizer groups(List<ParameterGroup> of);

    /**
     * The same with one group of parameters more, as {@link ParameterGroup} has it.
     *
     * @param pattern of parameters' names, in which {@code *} stands for any letters, dots too: {@code heads.*}
     */
    default TrainingOptimizer group(String pattern, double rateFactor, double decayFactor) {
        return groups(Stream.concat(groups().stream(),
                Stream.of(new ParameterGroup(pattern, rateFactor, decayFactor))).toList());
    }
}
