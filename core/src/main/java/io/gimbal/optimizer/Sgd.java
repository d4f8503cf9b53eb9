package io.gimbal.optimizer;

import io.gimbal.config.Range;
import io.gimbal.engine.ModelLayout;
import io.gimbal.engine.ParameterGroup;
import io.gimbal.program.ProgramBuilder;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Stochastic gradient descent with momentum, as PyTorch has it (no dampening, no Nesterov). Immutable. A number that
 * cannot be is refused by a {@link io.gimbal.config.UserException}.
 *
 * @param rate        at least 0
 * @param momentum    from 0 to 1
 * @param weightDecay at least 0
 * @param groups      the parameters that move otherwise than the rest
 * @param clipNorm    the norm of all gradients together above which they are scaled down to it; above 0
 */
public record Sgd(double rate, double momentum, double weightDecay, List<ParameterGroup> groups,
        OptionalDouble clipNorm)
        implements TrainingOptimizer {
    /** Checks each part. */
    public Sgd {
        Range.NON_NEGATIVE.check("rate", rate);
        Range.FRACTION.check("momentum", momentum);
        Range.NON_NEGATIVE.check("weightDecay", weightDecay);
        groups = List.copyOf(Objects.requireNonNull(groups, "groups is null"));
        Objects.requireNonNull(clipNorm, "clipNorm is null").ifPresent(most -> Range.POSITIVE.check("clipNorm", most));
    }

    /**
     * All parameters move alike, and gradients are not clipped.
     *
     * @param rate        the base learning rate, at least 0
     * @param momentum    from 0 to 1
     * @param weightDecay on every parameter, at least 0
     */
    public Sgd(double rate, double momentum, double weightDecay) {
        this(rate, momentum, weightDecay, List.of(), OptionalDouble.empty());
    }

    @Override
    public Sgd groups(List<ParameterGroup> of) {
        return new Sgd(rate, momentum, weightDecay, of, clipNorm);
    }

    @Override
    public Sgd clipped(double most) {
        return new Sgd(rate, momentum, weightDecay, groups, OptionalDouble.of(most));
    }

    @Override
    public int moments() {
        return momentum == 0 ? 0 : 1;
    }

    @Override
    public void step(ProgramBuilder program, ModelLayout model, Memory memory) {
        program.launch("optimizer", "sgd", ProgramBuilder.blocks(model.parameterWords()), model.values(),
                model.gradients(), ProgramBuilder.orNull(model.filterGradients()), model.filterWords(),
                ProgramBuilder.orNull(model.copies()), model.factorWords(),
                momentum == 0 ? ProgramBuilder.NULL : memory.moments()[0], model.parameterWords(),
                memory.learningRate(), (float) momentum, (float) weightDecay, ProgramBuilder.orNull(memory.groups()),
                ProgramBuilder.orNull(memory.factors()),
                ProgramBuilder.orNull(memory.clip()), memory.accepted());
    }
}
