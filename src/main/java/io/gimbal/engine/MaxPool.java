package io.gimbal.engine;

import java.util.List;

/** Max pooling; one byte a place remembers which input won. */
final class MaxPool extends Operation {
    private final int kernel;
    private final int stride;
    private final int padding;

    MaxPool(String name, Value x, int kernel, int stride, int padding) {
        super(name, List.of(x), List.of());
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
    }

    @Override
    void forward(ForwardPass pass) {
        Shape in = input().shape();
        Shape out = output().shape();
        Region index = pass.keep(this, pass.program().bytes(name() + " index", out.elements()));
        pass.program().launchPair("pool", "max_pool_forward", ProgramBuilder.blocks(out.elements()), pass.at(input()),
                pass.allocate(this), index,
                in.batch(), in.height(), in.width(), in.channels(), out.height(), out.width(), kernel, stride, padding);
    }

    @Override
    void backward(BackwardPass pass) {
        Shape in = input().shape();
        Shape out = output().shape();
        int stack = pass.stack(this, input());
        Region dx = pass.target(input(), output().task());
        pass.program().launchPair("pool", "max_pool_backward", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack),
                pass.forward().kept(this), dx, in.batch(), in.height(), in.width(), in.channels(), out.height(),
                        out.width(), kernel, stride,
                padding, stack);
        pass.contribute(input(), output().task(), dx);
    }
}
