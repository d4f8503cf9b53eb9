package io.gimbal.engine;

import java.util.List;

/** A convolution by cuDNN, with a bias where asked. */
final class Convolution extends Operation {
    private final ConvolutionGeometry geometry;
    private final Parameter weight;
    private final Bias bias;

    Convolution(String name, Value x, ConvolutionGeometry geometry, Parameter weight, Parameter bias) {
        super(name, List.of(x), bias == null ? List.of(weight) : List.of(weight, bias));
        this.geometry = geometry;
        this.weight = weight;
        this.bias = bias == null ? null : new Bias(bias);
    }

    @Override
    void forward(ForwardPass pass) {
        Region y = pass.allocate(this);
        pass.program().convolutionForward(geometry, pass.at(input()), pass.memory().value(weight), y);
        if (bias != null) {
            bias.forward(pass, y, output().shape());
        }
    }

    @Override
    void backward(BackwardPass pass) {
        ProgramBuilder program = pass.program();
        Region x = pass.forward().at(input());
        if (pass.measures(weight)) {
            ConvolutionGeometry wide = geometry.withOut(geometry.out() * pass.tasks());
            program.convolutionBackwardFilter(wide, x, pass.taskGradients(), Stacks.packed(pass, this));
            pass.gram();
        } else {
            program.convolutionBackwardFilter(geometry, x, pass.memory().gradient(weight), pass.incoming(output(), 1));
        }
        if (bias != null) {
            bias.backward(pass, this);
        }
        if (input().learned()) {
            int stack = pass.stack(this, input());
            Region dx = pass.target(input(), output().task());
            program.convolutionBackwardData(geometry.withBatch(geometry.batch() * stack), dx,
                    pass.memory().value(weight),
                    pass.incoming(output(), stack));
            pass.contribute(input(), output().task(), dx);
        }
    }
}
