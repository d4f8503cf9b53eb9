package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;

/** Max pooling; one byte a place remembers which input won. */
public final class MaxPool extends Operation {
    private final int kernel;
    private final int stride;
    private final int padding;

    public MaxPool(String name, Value x, Value y, int kernel, int stride, int padding) {
        super(name, List.of(x), List.of(y), List.of());
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
    }

    /** Whether it takes the largest of each 2 x 2 places. */
    public boolean halves() {
        return kernel == 2 && stride == 2 && padding == 0;
    }

    /** A place for the winners' numbers, one byte each: row * kernel + column within the window. */
    Region keepIndex(Forward pass) {
        return pass.keep(this, pass.program().bytes(name() + " index", output().shape().elements()));
    }

    /** The winners' numbers. */
    Region index(Forward pass) {
        return pass.kept(this);
    }

    public int kernel() {
        return kernel;
    }

    public int stride() {
        return stride;
    }

    public int padding() {
        return padding;
    }

    @Override
    public void forward(Forward pass) {
        Shape in = input().shape();
        Shape out = output().shape();
        pass.program().launchPair("pool", "max_pool_forward", ProgramBuilder.blocks(out.elements()), pass.at(input()),
                pass.allocate(this), keepIndex(pass),
                in.batch(), in.height(), in.width(), in.channels(), out.height(), out.width(), kernel, stride, padding);
    }

    @Override
    public void backward(Backward pass) {
        Shape in = input().shape();
        Shape out = output().shape();
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        pass.program().launchPair("pool", "max_pool_backward", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack),
                index(pass.forward()), dx, in.batch(), in.height(), in.width(), in.channels(), out.height(),
                        out.width(), kernel, stride,
                padding, stack);
        pass.give(this, input(), dx);
    }
}
