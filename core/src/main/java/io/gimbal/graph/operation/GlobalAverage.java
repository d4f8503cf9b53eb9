package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.ShapeChecks;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;

/** The mean over an image, which leaves plain features, or images of one pixel. */
public final class GlobalAverage extends Operation {
    private GlobalAverage(String name, Value x, Value y) {
        super(name, List.of(x), List.of(y), List.of());
    }

    public static GlobalAverage of(String name, Value x, boolean keep) {
        Shape in = ShapeChecks.needImage(name, "global_avg_pool", x);
        Shape out = keep ? Shape.image(in.batch(), in.channels(), 1, 1) : Shape.features(in.batch(), in.channels());
        return new GlobalAverage(name, x, Value.leftBy(name, out));
    }

    @Override
    public void forward(Forward pass) {
        Shape in = input().shape();
        pass.program().launchPair("pool", "global_average_forward", ProgramBuilder.blocks(in.elements()),
                pass.at(input()), pass.allocate(this), in.batch(), in.height() * in.width(), in.channels());
    }

    @Override
    public void backward(Backward pass) {
        Shape in = input().shape();
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        pass.program().launchPair("pool", "global_average_backward", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack), dx,
                in.batch() * stack, in.height() * in.width(), in.channels());
        pass.give(this, input(), dx);
    }
}
