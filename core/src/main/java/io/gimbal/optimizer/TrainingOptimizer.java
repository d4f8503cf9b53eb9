package io.gimbal.optimizer;

import io.gimbal.engine.Optimizer;
import io.gimbal.engine.ParameterGroup;
import java.util.List;
import java.util.stream.Stream;

/** An optimiser with the learning rate that a schedule starts from. */
public sealed interface TrainingOptimizer extends Optimizer permits Adam, Sgd {
    /** {@return the base learning rate} */
    double rate();

    /**
     * The same with these groups of parameters in place of its own.
     *
     * @param of the groups, which replace those that there are
     * @return another optimiser; this one stays
     */
    TrainingOptimizer groups(List<ParameterGroup> of);

    /**
     * The same where the norm of all gradients together is at most that: beyond it they are scaled by most / (norm +
     * 1e-6), before decay and moments. A step whose norm is not finite is rejected.
     *
     * @param most above 0
     * @return another optimiser; this one stays
     */
    TrainingOptimizer clipped(double most);

    /**
     * The same with one group of parameters more, as {@link ParameterGroup} has it.
     *
     * @param pattern     of parameters' names, in which {@code *} stands for any letters, dots too: {@code heads.*}
     * @param rateFactor  what multiplies the learning rate for these, at least 0
     * @param decayFactor what multiplies the weight decay for these, at least 0
     * @return another optimiser; this one stays
     */
    default TrainingOptimizer group(String pattern, double rateFactor, double decayFactor) {
        return groups(Stream.concat(groups().stream(),
                Stream.of(new ParameterGroup(pattern, rateFactor, decayFactor))).toList());
    }
}
