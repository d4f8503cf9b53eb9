package io.gimbal.optimizer;

import io.gimbal.config.Range;
import io.gimbal.engine.ModelLayout;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;

/**
 * Stochastic gradient descent with momentum, as PyTorch has it (no dampening, no Nesterov). Immutable. A number that
 * cannot be is refused by a {@link io.gimbal.config.UserException}.
 *
 * @param rate        at least 0
 * @param momentum    from 0 to 1
 * @param weightDecay at least 0
 */
public record Sgd(double rate, double momentum, double weightDecay) implements TrainingOptimizer {
    public Sgd {
        Range.NON_NEGATIVE.check("rate", rate);
        Range.FRACTION.check("momentum", momentum);
        Range.NON_NEGATIVE.check("weightDecay", weightDecay);
    }

    @Override
    public int moments() {
        return momentum == 0 ? 0 : 1;
    }

    @Override
    public void step(ProgramBuilder program, ModelLayout model, Region[] moments, Region learningRate, Region counters,
            Region accepted) {
        program.launch("optimizer", "sgd", ProgramBuilder.blocks(model.parameterWords()), model.values(),
                model.gradients(), ProgramBuilder.orNull(model.filterGradients()), model.filterWords(),
                ProgramBuilder.orNull(model.copies()), model.factorWords(),
                momentum == 0 ? ProgramBuilder.NULL : moments[0], model.parameterWords(), learningRate,
                (float) momentum, (float) weightDecay, accepted);
    }
}
