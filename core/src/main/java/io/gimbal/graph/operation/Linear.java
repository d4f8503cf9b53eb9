package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.TaskSet;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;

/** A linear layer by cuBLAS: y = x W^T + b, with W [out, in]. */
public final class Linear extends Operation {
    private final Parameter weight;
    private final Bias bias;
    private final int in;
    private final int out;

    public Linear(String name, Value x, Value y, Parameter weight, Parameter bias) {
        super(name, List.of(x), List.of(y), bias == null ? List.of(weight) : List.of(weight, bias));
        this.weight = weight;
        this.bias = bias == null ? null : new Bias(bias);
        this.in = x.shape().channels();
        this.out = weight.count() / in;
    }

    @Override
    public long multiplyAdds() {
        return output().shape().elements() * in;
    }

    @Override
    public void forward(Forward pass) {
        Region y = pass.allocate(this);
        pass.program().multiply(false, true, batch(), out, in, pass.at(input()), pass.memory().factor(weight), y,
                false);
        if (bias != null) {
            bias.forward(pass, y, output().shape().places(), out, out);
        }
    }

    @Override
    public void backward(Backward pass) {
        ProgramBuilder program = pass.program();
        Region x = pass.forward().at(input());
        if (pass.measures(weight)) {
            TaskSet rows = pass.rows(output());
            Region part = pass.taskGradients().target(weight, rows);
            program.multiply(true, false, out * rows.size(), in, batch(), pass.packed(output()), x, part, true);
            pass.taskGradients().give(weight, rows, part);
        } else {
            Region gradient = pass.gradient(weight);
            program.multiply(true, false, out, in, batch(), pass.incoming(output(), 1), x, gradient, true);
            pass.giveGradient(weight, gradient);
        }
        if (bias != null) {
            bias.backward(pass, this);
        }
        if (pass.wants(input())) {
            int stack = pass.runs(this, input());
            Region dx = pass.target(this, input());
            program.multiply(false, false, batch() * stack, in, out, pass.incoming(output(), stack),
                    pass.memory().factor(weight), dx, false);
            pass.give(this, input(), dx);
        }
    }

    private int batch() {
        return input().shape().batch();
    }
}
