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

/** Average pooling: the sum over a window over kernel^2, also where the window reaches into the padding. */
public final class AveragePool extends Operation {
    /** Its square is an int, which kernels divide by. */
    private static final int LARGEST_KERNEL = 46_340;

    private final int kernel;
    private final int stride;
    private final int padding;

    private AveragePool(String name, Value x, Value y, int kernel, int stride, int padding) {
        super(name, List.of(x), List.of(y), List.of());
        this.kernel = kernel;
        this.stride = stride;
        this.padding = padding;
    }

    public static AveragePool of(String name, Value x, int kernel, int stride, int padding) {
        Counts.atLeast(name + " (avg_pool): kernel", kernel, 1);
        Counts.atLeast(name + " (avg_pool): stride", stride, 1);
        Counts.atLeast(name + " (avg_pool): padding", padding, 0);
        Shape in = ShapeChecks.needImage(name, "avg_pool", x);
        if (padding > kernel / 2) {
            throw new UserException(name + " (avg_pool): padding " + padding + " is more than half of the kernel "
                    + kernel);
        }
        if (kernel > LARGEST_KERNEL) {
            throw new UserException(name + " (avg_pool): kernel " + kernel + " is too large; at most "
                    + LARGEST_KERNEL);
        }
        Shape out = ShapeChecks.windows(name, "avg_pool", in, in.channels(), kernel, stride, padding, 1,
                "a kernel of " + kernel + " with padding " + padding);
        return new AveragePool(name, x, Value.leftBy(name, out), kernel, stride, padding);
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
        pass.program().launchPair("pool", "average_pool_forward", ProgramBuilder.blocks(out.elements()),
                pass.at(input()), pass.allocate(this), in.batch(), in.height(), in.width(), in.channels(),
                out.height(), out.width(), kernel, stride, padding);
    }

    @Override
    public void backward(Backward pass) {
        Shape in = input().shape();
        Shape out = output().shape();
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        pass.program().launchPair("pool", "average_pool_backward", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack), dx, in.batch() * stack, in.height(), in.width(), in.channels(),
                out.height(), out.width(), kernel, stride, padding);
        pass.give(this, input(), dx);
    }
}
