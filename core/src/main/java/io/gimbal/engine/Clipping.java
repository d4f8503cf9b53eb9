package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;

/** Gradients scaled by min(1, most / (norm + 1e-6)), as PyTorch's {@code clip_grad_norm_} does it. */
final class Clipping {
    private Clipping() {}

    /**
     * Writes what finds the scale, once all gradients are there; the optimiser multiplies by it.
     *
     * @param most      the largest norm of all gradients together that stays as it is
     * @param notFinite gets a word that is not 0 where the norm is not finite
     * @return a float, the scale
     */
    static Region write(ProgramBuilder program, ModelLayout model, double most, Region notFinite) {
        program.begin("clipping");
        int blocks = ProgramBuilder.reductionBlocks(model.parameterWords());
        Region partials = program.floats("squares of gradients", blocks);
        Region clip = program.floats("scale of gradients", 1);
        program.launch("optimizer", "clip_squares", blocks, model.gradients(),
                ProgramBuilder.orNull(model.filterGradients()), model.filterWords(), partials, model.parameterWords());
        program.launch("optimizer", "clip_finish", 1, partials, blocks, (float) most, clip, notFinite);
        return clip;
    }
}
