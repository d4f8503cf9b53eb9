package io.gimbal.engine;

import java.util.List;
import java.util.Optional;

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

    ConvolutionGeometry geometry() {
        return geometry;
    }

    Parameter weight() {
        return weight;
    }

    Optional<Bias> bias() {
        return Optional.ofNullable(bias);
    }

    @Override
    void padParameters(Precision precision) {
        weight.pad(output().pitch(precision), input().pitch(precision));
        if (bias != null) {
            bias.parameter().pad(output().pitch(precision), 1);
        }
    }

    /** The geometry with the channels that its values have in memory. */
    ConvolutionGeometry stored(ForwardPass pass) {
        return stored(pass.program().precision());
    }

    ConvolutionGeometry stored(Precision precision) {
        return geometry.withIn(input().pitch(precision)).withOut(output().pitch(precision));
    }

    @Override
    void forward(ForwardPass pass) {
        Region x = pass.at(input());
        Region y = pass.allocate(this);
        pass.program().convolutionForward(stored(pass), x, pass.memory().factor(weight), y);
        if (bias != null) {
            bias.forward(pass, y, output().shape().places(), pass.pitch(output()), pass.pitch(output()));
        }
    }

    @Override
    void backward(BackwardPass pass) {
        ProgramBuilder program = pass.program();
        ConvolutionGeometry stored = stored(pass.forward());
        Region x = pass.forward().at(input());
        if (!pass.measures(weight)) {
            program.convolutionBackwardFilter(stored, x, pass.memory().gradient(weight), pass.incoming(output(), 1));
        } else if (!pass.measured()) {
            // Linear heads right behind W have left G already.
            ConvolutionGeometry wide = stored.withOut(stored.out() * pass.tasks());
            program.convolutionBackwardFilter(wide, x, pass.taskGradients(), pass.packed(output()));
            pass.gram();
        }
        if (bias != null) {
            bias.backward(pass, this);
        }
        if (input().learned()) {
            int stack = pass.stack(this, input());
            Region dx = pass.target(input(), output().task());
            program.convolutionBackwardData(stored.withBatch(stored.batch() * stack), dx,
                    pass.memory().factor(weight), pass.incoming(output(), stack));
            pass.contribute(input(), output().task(), dx);
        }
    }
}
