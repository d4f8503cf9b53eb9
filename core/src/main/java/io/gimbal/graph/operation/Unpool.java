package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;

/**
 * Upsampling through the indices of an earlier max pooling (SegNet, arXiv 1511.00561): each value goes back to the
 * place where that pooling found its maximum, and all other places are 0. Its windows do not overlap, so that no two
 * values meet.
 */
public final class Unpool extends Operation {
    private final MaxPool pooling;

    public Unpool(String name, Value x, Value y, MaxPool pooling) {
        super(name, List.of(x), List.of(y), List.of());
        this.pooling = pooling;
    }

    public MaxPool pooling() {
        return pooling;
    }

    /** The indices are kept by what leaves that, be it the pooling or an operation that does it in the same pass. */
    @Override
    public List<Value> needed() {
        return List.of(pooling.output());
    }

    @Override
    public void forward(Forward pass) {
        Shape in = input().shape();
        Shape out = output().shape();
        pass.program().launchPair("pool", "max_unpool_forward", ProgramBuilder.blocks(out.elements()),
                pass.at(input()), pooling.index(pass), pass.allocate(this), out.batch(), out.height(), out.width(),
                out.channels(), in.height(), in.width(), pooling.kernel(), pooling.stride(), pooling.padding());
    }

    @Override
    public void backward(Backward pass) {
        Shape in = input().shape();
        Shape out = output().shape();
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        pass.program().launchPair("pool", "max_unpool_backward", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack), pooling.index(pass.forward()), dx, out.batch(), out.height(),
                out.width(), out.channels(), in.height(), in.width(), pooling.kernel(), pooling.stride(),
                pooling.padding(), stack);
        pass.give(this, input(), dx);
    }
}
