package io.gimbal.optimizer;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.engine.ModelLayout;
import io.gimbal.engine.ParameterGroup;
import io.gimbal.program.ProgramBuilder;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Adam (arXiv 1412.6980), or AdamW (arXiv 1711.05101) where the weight decay is decoupled. Immutable. A number that
 * cannot be is refused by a {@link UserException}.
 *
 * @param rate      at least 0
 * @param beta1     from 0 to below 1
 * @param beta2     from 0 to below 1
 * @param eps       above 0
 * @param weightDecay at least 0
 * @param decoupled whether the decay shrinks the parameters themselves; otherwise it is added to the gradient
 * @param groups    the parameters that move otherwise than the rest
 * @param clipNorm the norm of all gradients together above which they are scaled down to it; above 0
 */
public record Adam(double rate, double beta1, double beta2, double eps, double weightDecay, boolean decoupled,
        List<ParameterGroup> groups,
        OptionalDouble clipNorm) implements TrainingOptimizer {
    /** Checks each part. */
    public Adam {
        Range.NON_NEGATIVE.check("rate", rate);
        Range.BELOW_ONE.check("beta1", beta1);
        Range.BELOW_ONE.check("beta2", beta2);
        Range.POSITIVE.check("eps", eps);
        Range.NON_NEGATIVE.check("weightDecay", weightDecay);
        if (decoupled && Float.isInfinite((float) (rate * weightDecay))) {
            throw new UserException("rate is " + rate + " and weightDecay " + weightDecay + ", which AdamW multiplies: "
                    + "float32 makes that infinite. Take less of both.");
        }
        groups = List.copyOf(Objects.requireNonNull(groups, "groups is null"));
        Objects.requireNonNull(clipNorm, "clipNorm is null").ifPresent(most -> Range.POSITIVE.check("clipNorm", most));
    }

    /**
     * All parameters move alike, and gradients are not clipped.
     *
     * @param rate        the base learning rate, at least 0
     * @param beta1       decay of the first moment, from 0 to below 1
     * @param beta2       decay of the second moment, from 0 to below 1
     * @param eps         added to the second moment's root, above 0
     * @param weightDecay on every parameter, at least 0
     * @param decoupled   whether the decay is apart from the gradient, as AdamW has it
     */
    public Adam(double rate, double beta1, double beta2, double eps, double weightDecay, boolean decoupled) {
        this(rate, beta1, beta2, eps, weightDecay, decoupled, List.of(), OptionalDouble.empty());
    }

    /**
     * Adam with betas of 0.9 and 0.999, eps 1e-8, and no weight decay.
     *
     * @param rate the base learning rate, at least 0
     * @return the optimiser
     */
    public static Adam withRate(double rate) {
        return new Adam(rate, 0.9, 0.999, 1e-8, 0, false);
    }

    @Override
    public Adam groups(List<ParameterGroup> of) {
        return new Adam(rate, beta1, beta2, eps, weightDecay, decoupled, of, clipNorm);
    }

    @Override
    public Adam clipped(double most) {
        return new Adam(rate, beta1, beta2, eps, weightDecay, decoupled, groups, OptionalDouble.of(most));
    }

    @Override
    public int moments() {
        return 2;
    }

    @Override
    public void step(ProgramBuilder program, ModelLayout model, Memory memory) {
        program.launch("optimizer", "adam", ProgramBuilder.blocks(model.parameterWords()), model.values(),
                model.gradients(), ProgramBuilder.orNull(model.filterGradients()), model.filterWords(),
                ProgramBuilder.orNull(model.copies()), model.factorWords(), memory.moments()[0],
                memory.moments()[1], model.parameterWords(), memory.learningRate(), memory.counters(), (float) beta1,
                (float) beta2, (float) eps, (float) weightDecay, decoupled ? 1 : 0,
                ProgramBuilder.orNull(memory.groups()), ProgramBuilder.orNull(memory.factors()),
                ProgramBuilder.orNull(memory.clip()), memory.accepted());
    }
}
