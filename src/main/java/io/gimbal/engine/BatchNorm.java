package io.gimbal.engine;

import java.util.List;

/**
 * Batch normalisation over all places of a channel (arXiv 1502.03167), with the relu behind it where there is one. The
 * backward recomputes the relu's mask from the input, so that nothing but the input is kept.
 */
final class BatchNorm extends Operation {
    private final Parameter gamma;
    private final Parameter beta;
    private final float eps;
    private final float momentum;
    private boolean relu;

    BatchNorm(String name, Value x, Parameter gamma, Parameter beta, float eps, float momentum) {
        super(name, List.of(x), List.of(gamma, beta));
        this.gamma = gamma;
        this.beta = beta;
        this.eps = eps;
        this.momentum = momentum;
    }

    boolean mayAbsorbRelu() {
        return !relu;
    }

    boolean mayAbsorb(Operation following) {
        return false;
    }

    void absorb(Add following, Value other) {
        throw new IllegalStateException();
    }

    void absorb(MaxPool following) {
        throw new IllegalStateException();
    }

    /** Takes the relu behind it in: its output is the relu's from now on. */
    void absorb(Activation following) {
        relu = true;
        produce(following.output());
    }

    int channels() {
        return gamma.count();
    }

    float momentum() {
        return momentum;
    }

    private long places() {
        return input().shape().places();
    }

    private int relu() {
        return relu ? 1 : 0;
    }

    @Override
    void forward(ForwardPass pass) {
        ProgramBuilder program = pass.program();
        ModelLayout memory = pass.memory();
        Region x = pass.at(input());
        Region inverseStd = pass.keep(this, program.floats(name() + " inverse std", channels()));
        Region mean = pass.training() ? memory.batchMean(this) : memory.runningMean(this);
        if (pass.training()) {
            int blocks = ProgramBuilder.reductionBlocks(input().shape().elements());
            Region partials = program.floats("partial statistics", 2L * blocks * channels());
            program.launchPair("batch_norm", "batch_norm_statistics", blocks, x, partials, places(), channels(),
                    (long) channels());
            program.launch("batch_norm", "batch_norm_statistics_finish", 1, partials, blocks, places(), channels(), eps,
                    mean, inverseStd,
                    memory.batchVariance(this));
        } else {
            program.launch("batch_norm", "batch_norm_inference_std", 1, memory.runningVariance(this), eps, inverseStd,
                    channels());
        }
        program.launchPair("batch_norm", "batch_norm_forward", ProgramBuilder.blocks(input().shape().elements()), x,
                mean, inverseStd, memory.value(gamma), memory.value(beta), pass.allocate(this), places(), channels(),
                (long) channels(), relu());
    }

    @Override
    void backward(BackwardPass pass) {
        ProgramBuilder program = pass.program();
        ModelLayout memory = pass.memory();
        boolean measured = pass.measures(gamma) || pass.measures(beta);
        int stack = measured ? pass.tasks() : pass.stack(this, input());
        Region dy = pass.incoming(output(), stack);
        Region x = pass.forward().at(input());
        Region mean = memory.batchMean(this);
        Region inverseStd = pass.forward().kept(this);
        int blocks = ProgramBuilder.reductionBlocks(input().shape().elements());
        Region partials = program.floats("partial sums", 2L * blocks * stack * channels());
        Region sums = program.floats("sums", 2L * stack * channels());
        long count = input().shape().elements();
        program.launchPair("batch_norm_backward", "batch_norm_backward_reduce", blocks, x, dy, mean, inverseStd,
                memory.value(gamma), memory.value(beta), partials, places(), channels(), stack,
                (long) channels(), count, (long) channels(), relu());
        program.launch("batch_norm_backward", "batch_norm_backward_finish", 1, partials, blocks, sums,
                memory.gradient(gamma), memory.gradient(beta), channels(), stack);
        if (measured) {
            measure(pass, sums);
        }
        if (!input().learned()) {
            return;
        }
        // Where this layer owns W its input is not stacked: the sum of what the T passes leave goes on.
        boolean sumAlone = measured && pass.tasks() > 1;
        Region dx = pass.target(input(), output().task());
        program.launchPair("batch_norm_backward", "batch_norm_backward_apply", ProgramBuilder.blocks(count * stack), x,
                dy, mean, inverseStd, memory.value(gamma), memory.value(beta), sums,
                sumAlone ? ProgramBuilder.NULL : dx, sumAlone ? dx : ProgramBuilder.NULL, places(), channels(), stack,
                (long) channels(), count, (long) channels(), count, (long) channels(), relu());
        pass.contribute(input(), output().task(), dx);
    }

    private void measure(BackwardPass pass, Region sums) {
        ProgramBuilder program = pass.program();
        Region bySort = program.floats("sums by sort", 2L * pass.tasks() * channels());
        // [T][2][C] to [2][T][C]: first the gradients of beta, then those of gamma.
        program.launch("elementwise", "pack_tasks", 1, sums, bySort, 2L, channels(), pass.tasks());
        Region wanted = bySort.words(pass.measures(gamma) ? (long) pass.tasks() * channels() : 0);
        long count = (long) pass.tasks() * channels();
        program.launch("elementwise", "sum_tasks", 1, wanted, pass.taskGradients(), count, 1, 1, 0L, 1L, 1L);
        pass.gram();
    }
}
