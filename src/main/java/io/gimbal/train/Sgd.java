package io.gimbal.train;

import io.gimbal.engine.ModelLayout;
import io.gimbal.engine.ProgramBuilder;
import io.gimbal.engine.Region;

/** Stochastic gradient descent with momentum, as PyTorch has it (no dampening, no Nesterov). Immutable. */
public record Sgd(double rate, double momentum, double weightDecay) implements TrainingOptimizer {
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
