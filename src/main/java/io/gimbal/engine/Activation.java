package io.gimbal.engine;

import java.util.List;
import java.util.Optional;

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
        if (stack > 1 && pass.wantsPacked(input())) {
            backwardPacked(pass);
            return;
        }
        Region dy = pass.incoming(output(), stack);
        Region dx = pass.mayReuse(input(), this) ? dy : pass.target(input(), output().task());
        long count = output().shape().elements();
        pass.program().launchPair("elementwise", "activation_backward", ProgramBuilder.blocks(count * stack),
                pass.forward().at(output()), dy, dx,
                count, stack, kind.number());
        pass.contribute(input(), output().task(), dx);
    }

    /** Right before W's layer: the T cotangents side by side, and their sum. */
    private void backwardPacked(BackwardPass pass) {
        ProgramBuilder program = pass.program();
        Shape shape = input().shape();
        int tasks = pass.tasks();
        Cotangent dy = pass.cotangent(output());
        Region packed = program.elements("packed cotangents", shape.elements() * tasks);
        Optional<Region> sum = pass.needsSum(input()) ? Optional.of(program.elements("cotangent", shape.elements()))
                : Optional.empty();
        Cotangent dx = Cotangent.packed(packed, tasks, shape);
        program.launchPair("elementwise", "activation_backward_packed", ProgramBuilder.blocks(shape.elements() * tasks),
                pass.forward().at(output()), dy.region(), packed, ProgramBuilder.orNull(sum), shape.places(),
                shape.channels(), tasks, dy.taskStride(), (long) dy.placeStride(), dx.taskStride(),
                (long) dx.placeStride(), kind.number());
        pass.contributePacked(input(), packed, sum);
    }
}
