package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;

/** Images to plain features in the order that files have: channel by channel. */
public final class Flatten extends Operation {
    public Flatten(String name, Value x, Value y) {
        super(name, List.of(x), List.of(y), List.of());
    }

    @Override
    public void forward(Forward pass) {
        Shape in = input().shape();
        pass.program().launchPair("elementwise", "transpose", ProgramBuilder.blocks(in.elements()), pass.at(input()),
                pass.allocate(this), in.batch(),
                in.height() * in.width(), in.channels());
    }

    @Override
    public void backward(Backward pass) {
        Shape in = input().shape();
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        pass.program().launchPair("elementwise", "transpose", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack), dx,
                in.batch() * stack, in.channels(), in.height() * in.width());
        pass.give(this, input(), dx);
    }
}
