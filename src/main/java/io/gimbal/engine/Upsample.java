package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;

/** Upsampling by a whole factor: bilinear without aligned corners, or nearest. */
final class Upsample extends Operation {
    private final int scale;
    private final boolean bilinear;
    private final String kernel;

    Upsample(String name, Value x, Value y, int scale, boolean bilinear) {
        super(name, List.of(x), List.of(y), List.of());
        this.scale = scale;
        this.bilinear = bilinear;
        this.kernel = bilinear ? "upsample_bilinear" : "upsample_nearest";
    }

    int scale() {
        return scale;
    }

    boolean bilinear() {
        return bilinear;
    }

    @Override
    boolean keepsChannels() {
        return true;
    }

    @Override
    void forward(ForwardPass pass) {
        Shape in = input().shape();
        int channels = pass.pitch(input());
        pass.program().launchPair("upsample", kernel + "_forward", ProgramBuilder.blocks(output().shape().elements()),
                pass.at(input()), pass.allocate(this), in.batch(), in.height(), in.width(), channels, scale);
    }

    @Override
    void backward(BackwardPass pass) {
        Shape in = input().shape();
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        pass.program().launchPair("upsample", kernel + "_backward", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack), dx,
                in.batch() * stack, in.height(), in.width(), pass.forward().pitch(input()), scale);
        pass.give(this, input(), dx);
    }
}
