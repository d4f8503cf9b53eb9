package io.gimbal.engine;

import java.util.List;

/**
 * A transposed convolution by cuDNN, with a bias where asked: learned upsampling. It is a convolution read backwards:
 * the <em>mirrored</em> convolution leads from this one's output to its input, its backward-data is the forward here,
 * its forward the backward-data, and its filter gradient takes x for dy and dy for x. The filters [in, out, height,
 * width] are the mirrored convolution's.
 */
final class TransposedConvolution extends Operation {
    private final int kernel;
    private final int stride;
    private final int padding;
    private final Parameter weight;
    private final Bias bias;

    TransposedConvolution(String name, Value x, int kernel, int stride, int padding, Parameter weight,
            Parameter bias) {
        super(name, List.of(x), bias == null ? List.of(weight) : List.of(weight, bias));
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
        this.weight = weight;
        this.bias = bias == null ? null : new Bias(bias);
    }

    @Override
    void padParameters(Precision precision) {
        weight.pad(input().pitch(precision), output().pitch(precision));
        if (bias != null) {
            bias.parameter().pad(output().pitch(precision), 1);
        }
    }

    private ConvolutionGeometry mirrored(ForwardPass pass) {
        return mirrored(pass.program().precision());
    }

    /** The geometry of the mirrored convolution with the channels that its values have in memory. */
    ConvolutionGeometry mirrored(Precision precision) {
        Shape large = output().shape();
        return new ConvolutionGeometry(large.batch(), large.height(), large.width(), output().pitch(precision),
                input().pitch(precision), kernel, stride, padding, 1);
    }

    Parameter weight() {
        return weight;
    }

    @Override
    void forward(ForwardPass pass) {
        Region x = pass.at(input());
        Region y = pass.allocate(this);
        pass.program().convolutionBackwardData(mirrored(pass), y, pass.memory().factor(weight), x);
        if (bias != null) {
            bias.forward(pass, y, output().shape().places(), pass.pitch(output()), pass.pitch(output()));
        }
    }

    @Override
    void backward(BackwardPass pass) {
        ConvolutionGeometry mirrored = mirrored(pass.forward());
        if (pass.measures(weight)) {
            measure(pass, mirrored);
        } else {
            pass.program().convolutionBackwardFilter(mirrored, pass.incoming(output(), 1),
                    pass.memory().gradient(weight), pass.forward().at(input()));
        }
        if (bias != null) {
            bias.backward(pass, this);
        }
        if (input().learned()) {
            int stack = pass.stack(this, input());
            Region dx = pass.target(input(), output().task());
            pass.program().convolutionForward(mirrored.withBatch(mirrored.batch() * stack),
                    pass.incoming(output(), stack), pass.memory().factor(weight), dx);
            pass.contribute(input(), output().task(), dx);
        }
    }

    /**
     * One filter gradient with T times the channels on the cotangents' side, which here is the filters' last dimension:
     * it leaves [in, height, width][T][out], and G is [T][in, height, width][out].
     */
    private void measure(BackwardPass pass, ConvolutionGeometry mirrored) {
        ProgramBuilder program = pass.program();
        int tasks = pass.tasks();
        int out = mirrored.in();
        Region x = pass.forward().at(input());
        long each = weight.deviceCount();
        Region wide = program.elements("gradients of W side by side", each * tasks);
        program.convolutionBackwardFilter(mirrored.withIn(out * tasks), pass.packed(output()), wide, x);
        for (int task = 0; task < tasks; task++) {
            program.copy(new Tensor(program.element(wide, (long) out * task), out * tasks),
                    new Tensor(program.element(pass.taskGradients(), each * task), out), each / out, out);
        }
        pass.gram();
    }
}
