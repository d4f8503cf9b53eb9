package io.gimbal.engine;

import java.util.List;

/** An elementwise activation; its backward needs its output alone. */
final class Activation extends Operation {
    private final ActivationKind kind;

    Activation(String name, Value x, ActivationKind kind) {
        super(name, List.of(x), List.of());
        this.kind = kind;
    }

    ActivationKind kind() {
        return kind;
    }

    /**
     * Whether the output may lie where the input does: nobody else reads the input, nor does its maker for its
     * backward.
     */
    private boolean inPlace() {
        return input().producer() != null && input().readOnlyBy(this) && !(input().producer() instanceof Activation);
    }

    @Override
    void forward(ForwardPass pass) {
        Region x = pass.at(input());
        Region y = x;
        if (inPlace()) {
            pass.put(output(), x);
        } else {
            y = pass.allocate(this);
        }
        long count = output().shape().elements();
        pass.program().launchPair("elementwise", "activation_forward", ProgramBuilder.blocks(count), x, y, count,
                kind.number());
    }

    @Override
    void backward(BackwardPass pass) {
        int stack = pass.stack(this, input());
        Region dy = pass.incoming(output(), stack);
        Region dx = pass.mayReuse(input(), this) ? dy : pass.target(input(), output().task());
        long count = output().shape().elements();
        pass.program().launchPair("elementwise", "activation_backward", ProgramBuilder.blocks(count * stack),
                pass.forward().at(output()), dy, dx,
                count, stack, kind.number());
        pass.contribute(input(), output().task(), dx);
    }
}
