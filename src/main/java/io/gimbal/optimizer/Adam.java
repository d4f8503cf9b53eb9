package io.gimbal.optimizer;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.engine.ModelLayout;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;

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
 */
public record Adam(double rate, double beta1, double beta2, double eps, double weightDecay, boolean decoupled)
        implements TrainingOptimizer {
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
    }

    /** betas 0.9 and 0.999, eps 1e-8, no weight decay. */
    public static Adam withRate(double rate) {
        return new Adam(rate, 0.9, 0.999, 1e-8, 0, false);
    }

    @Override
    public int moments() {
        return 2;
    }

    @Override
    public void step(ProgramBuilder program, ModelLayout model, Region[] moments, Region learningRate, Region counters,
            Region accepted) {
        program.launch("optimizer", "adam", ProgramBuilder.blocks(model.parameterWords()), model.values(),
                model.gradients(), ProgramBuilder.orNull(model.filterGradients()), model.filterWords(),
                ProgramBuilder.orNull(model.copies()), model.factorWords(), moments[0],
                moments[1], model.parameterWords(), learningRate, counters, (float) beta1, (float) beta2, (float) eps,
                        (float) weightDecay,
                decoupled ? 1 : 0, accepted);
    }
}
