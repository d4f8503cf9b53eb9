package io.gimbal.graph.operation;

import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Pitches;
import io.gimbal.graph.Shape;
import io.gimbal.graph.StoredChannels;
import io.gimbal.graph.TaskSet;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A transposed convolution by cuDNN, with a bias where asked: learned upsampling. It is a convolution read backwards:
 * the <em>mirrored</em> convolution leads from this one's output to its input, its backward-data is the forward here,
 * its forward the backward-data, and its filter gradient takes x for dy and dy for x. The filters [in, out, height,
 * width] are the mirrored convolution's.
 */
public final class TransposedConvolution extends Operation {
    private final int kernel;
    private final int stride;
    private final int padding;
    private final Parameter weight;
    private final Bias bias;

    public TransposedConvolution(String name, Value x, Value y, int kernel, int stride, int padding, Parameter weight,
            Parameter bias) {
        super(name, List.of(x), List.of(y), bias == null ? List.of(weight) : List.of(weight, bias));
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
        this.weight = weight;
        this.bias = bias == null ? null : new Bias(bias);
    }

    @Override
    public long multiplyAdds() {
        return input().shape().elements() * (weight.count() / weight.outs());
    }

    @Override
    public Map<Parameter, StoredChannels> padded(Pitches pitches) {
        Map<Parameter, StoredChannels> padded = new HashMap<>();
        int out = pitches.of(output());
        padded.put(weight, new StoredChannels(pitches.of(input()), out));
        if (bias != null) {
            padded.put(bias.parameter(), new StoredChannels(out, 1));
        }
        return padded;
    }

    private ConvolutionGeometry mirrored(Forward pass) {
        return mirrored(pass::pitch);
    }

    /** The geometry of the mirrored convolution with the channels that its values have in memory. */
    public ConvolutionGeometry mirrored(Pitches pitches) {
        Shape large = output().shape();
        return new ConvolutionGeometry(large.batch(), large.height(), large.width(), pitches.of(output()),
                pitches.of(input()), kernel, stride, padding, 1);
    }

    public Parameter weight() {
        return weight;
    }

    @Override
    public void forward(Forward pass) {
        Region x = pass.at(input());
        Region y = pass.allocate(this);
        pass.program().convolutionBackwardData(mirrored(pass), y, pass.memory().factor(weight), x);
        if (bias != null) {
            bias.forward(pass, y, output().shape().places(), pass.pitch(output()), pass.pitch(output()));
        }
    }

    @Override
    public void backward(Backward pass) {
        ConvolutionGeometry mirrored = mirrored(pass.forward());
        if (pass.measures(weight)) {
            measure(pass, mirrored);
        } else {
            Region gradient = pass.gradient(weight);
            pass.program().convolutionBackwardFilter(mirrored, pass.incoming(output(), 1), gradient,
                    pass.forward().at(input()));
            pass.giveGradient(weight, gradient);
        }
        if (bias != null) {
            bias.backward(pass, this);
        }
        if (pass.wants(input())) {
            int stack = pass.runs(this, input());
            Region dx = pass.target(this, input());
            pass.program().convolutionForward(mirrored.withBatch(mirrored.batch() * stack),
                    pass.incoming(output(), stack), pass.memory().factor(weight), dx);
            pass.give(this, input(), dx);
        }
    }

    /**
     * One filter gradient with T times the channels on the cotangents' side, which here is the filters' last dimension:
     * it leaves [in, height, width][T][out], and G is [T][in, height, width][out].
     */
    private void measure(Backward pass, ConvolutionGeometry mirrored) {
        ProgramBuilder program = pass.program();
        TaskSet rows = pass.rows(output());
        int tasks = rows.size();
        int out = mirrored.in();
        Region x = pass.forward().at(input());
        long each = pass.memory().count(weight);
        Region wide = program.elements("gradients of W side by side", each * tasks);
        program.convolutionBackwardFilter(mirrored.withIn(out * tasks), pass.packed(output()), wide, x);
        Region part = pass.taskGradients().target(weight, rows);
        for (int row = 0; row < tasks; row++) {
            program.copy(new View(program.element(wide, (long) out * row), out * tasks),
                    new View(program.element(part, each * row), out), each / out, out);
        }
        pass.taskGradients().give(weight, rows, part);
    }
}
