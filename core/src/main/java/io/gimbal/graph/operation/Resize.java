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

/** Images brought to any size, larger or smaller: bilinear (no aligned corners, no smoothing) or nearest. */
public final class Resize extends Operation {
    /** Kernels count where an output lies in whole numbers of 32 bits. */
    private static final long MOST = 1L << 29;

    private final boolean bilinear;
    private final String kernel;

    private Resize(String name, Value x, Value y, boolean bilinear) {
        super(name, List.of(x), List.of(y), List.of());
        this.bilinear = bilinear;
        this.kernel = bilinear ? "resize_bilinear" : "resize_nearest";
    }

    public static Resize of(String name, Value x, int height, int width, boolean bilinear) {
        Counts.atLeast(name + " (resize): height", height, 1);
        Counts.atLeast(name + " (resize): width", width, 1);
        Shape in = ShapeChecks.needImage(name, "resize", x);
        ShapeChecks.checkCount(name, (double) height * width);
        if ((long) in.height() * height > MOST || (long) in.width() * width > MOST) {
            throw new UserException(name + " (resize): what arrives is " + in.describe() + ", which may not become "
                    + height + " x " + width + ": rows before times rows after, and columns likewise, are at most "
                    + MOST);
        }
        return new Resize(name, x, Value.leftBy(name, Shape.image(in.batch(), in.channels(), height, width)), bilinear);
    }

    /** Whether it weighs the four nearest places; else it copies one. */
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
        Shape out = output().shape();
        pass.program().launchPair("resize", kernel + "_forward", ProgramBuilder.blocks(out.elements()),
                pass.at(input()), pass.allocate(this), in.batch(), in.height(), in.width(), pass.pitch(input()),
                out.height(), out.width());
    }

    @Override
    public void backward(Backward pass) {
        Shape in = input().shape();
        Shape out = output().shape();
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        pass.program().launchPair("resize", kernel + "_backward", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack), dx, in.batch() * stack, in.height(), in.width(),
                pass.forward().pitch(input()), out.height(), out.width());
        pass.give(this, input(), dx);
    }
}
