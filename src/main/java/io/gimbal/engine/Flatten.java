package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;

/** Images to plain features in the order that files have: channel by channel. */
final class Flatten extends Operation {
    Flatten(String name, Value x, Value y) {
        super(name, List.of(x), List.of(y), List.of());
    }

    @Override
    void forward(ForwardPass pass) {
        Shape in = input().shape();
        pass.program().launchPair("elementwise", "transpose", ProgramBuilder.blocks(in.elements()), pass.at(input()),
                pass.allocate(this), in.batch(),
                in.height() * in.width(), in.channels());
    }

    @Override
    void backward(BackwardPass pass) {
        Shape in = input().shape();
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        pass.program().launchPair("elementwise", "transpose", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack), dx,
                in.batch() * stack, in.channels(), in.height() * in.width());
        pass.give(this, input(), dx);
    }
}
