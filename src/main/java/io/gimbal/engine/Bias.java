package io.gimbal.engine;

/** The bias of a convolution or linear layer: one value a channel, added in place. */
final class Bias {
    private final Parameter parameter;

    Bias(Parameter parameter) {
        this.parameter = parameter;
    }

    void forward(ForwardPass pass, Region y, Shape shape) {
        pass.program().launch("elementwise", "bias_forward", ProgramBuilder.blocks(shape.elements()), y,
                pass.memory().value(parameter),
                shape.places(), shape.channels(), (long) shape.channels());
    }

    void backward(BackwardPass pass, Operation operation) {
        boolean measured = pass.measures(parameter);
        int stack = measured ? pass.tasks() : 1;
        Shape shape = operation.output().shape();
        int blocks = ProgramBuilder.reductionBlocks(shape.elements());
        Region partials = pass.program().floats("partial bias gradients", (long) blocks * stack * shape.channels());
        pass.program().launch("elementwise", "bias_backward", blocks, pass.incoming(operation.output(), stack),
                partials, shape.places(),
                shape.channels(), stack, shape.elements(), (long) shape.channels());
        pass.program().launch("elementwise", "bias_backward_finish", 1, partials, blocks, measured
                ? pass.taskGradients() : ProgramBuilder.NULL,
                pass.memory().gradient(parameter), shape.channels(), stack);
        if (measured) {
            pass.gram();
        }
    }
}
