package io.gimbal.graph.operation;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;
import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.ShapeChecks;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;

/** Runs of scale^2 channels become squares of scale x scale places (arXiv 1609.05158, equation 4). */
public final class PixelShuffle extends Operation {
    private final int scale;

    private PixelShuffle(String name, Value x, Value y, int scale) {
        super(name, List.of(x), List.of(y), List.of());
        this.scale = scale;
    }

    public static PixelShuffle of(String name, Value x, int scale) {
        Counts.atLeast(name + " (pixel_shuffle): scale", scale, 1);
        Shape in = ShapeChecks.needImage(name, "pixel_shuffle", x);
        long square = (long) scale * scale;
        if (in.channels() % square != 0) {
            throw new UserException(name + " (pixel_shuffle): what arrives is " + in.describe()
                    + "; it needs a multiple of " + square + " channels");
        }
        ShapeChecks.checkCount(name, (double) in.height() * scale * in.width() * scale);
        Shape out = Shape.image(in.batch(), (int) (in.channels() / square), in.height() * scale, in.width() * scale);
        return new PixelShuffle(name, x, Value.leftBy(name, out), scale);
    }

    @Override
    public void forward(Forward pass) {
        launch(pass.program(), "pixel_shuffle_forward", pass.at(input()), pass.allocate(this), 1);
    }

    @Override
    public void backward(Backward pass) {
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        launch(pass.program(), "pixel_shuffle_backward", pass.incoming(output(), stack), dx, stack);
        pass.give(this, input(), dx);
    }

    private void launch(ProgramBuilder program, String kernel, Region from, Region to, int stack) {
        Shape in = input().shape();
        program.launchPair("channels", kernel, ProgramBuilder.blocks(in.elements() * stack), from, to,
                in.batch() * stack, in.height(), in.width(), output().shape().channels(), scale);
    }
}
