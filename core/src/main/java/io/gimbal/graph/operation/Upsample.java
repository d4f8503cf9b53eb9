package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;

/** Upsampling by a whole factor: bilinear without aligned corners, or nearest. */
public final class Upsample extends Operation {
    private final int scale;
    private final boolean bilinear;
    private final String kernel;

    public Upsample(String name, Value x, Value y, int scale, boolean bilinear) {
        super(name, List.of(x), List.of(y), List.of());
        this.scale = scale;
        this.bilinear = bilinear;
        this.kernel = bilinear ? "upsample_bilinear" : "upsample_nearest";
    }

    public int scale() {
        return scale;
    }

    public boolean bilinear() {
        return bilinear;
    }

    @Override
    public boolean keepsChannels() {
        return true;
    }

    @Override
    public void forward(Forward pass) {
        Shape in = input().shape();
        int channels = pass.pitch(input());
        pass.program().launchPair("upsample", kernel + "_forward", ProgramBuilder.blocks(output().shape().elements()),
                pass.at(input()), pass.allocate(this), in.batch(), in.height(), in.width(), channels, scale);
    }

    @Override
    public void backward(Backward pass) {
        Shape in = input().shape();
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        pass.program().launchPair("upsample", kernel + "_backward", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack), dx,
                in.batch() * stack, in.height(), in.width(), pass.forward().pitch(input()), scale);
        pass.give(this, input(), dx);
    }
}
