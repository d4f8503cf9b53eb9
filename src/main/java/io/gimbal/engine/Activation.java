package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;
import java.util.Optional;

/** An elementwise activation; its backward needs its output alone. */
final class Activation extends Operation {
    private final ActivationKind kind;

    Activation(String name, Value x, Value y, ActivationKind kind) {
        super(name, List.of(x), List.of(y), List.of());
        this.kind = kind;
    }

    ActivationKind kind() {
        return kind;
    }

    @Override
    boolean needsOutput() {
        return true;
    }

    @Override
    void forward(ForwardPass pass) {
        Region x = pass.at(input());
        Region y = x;
        if (pass.mayOverwrite(input(), this)) {
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
        int stack = pass.runs(this, input());
        if (stack > 1 && pass.wantsPacked(input())) {
            backwardPacked(pass);
            return;
        }
        Region dy = pass.incoming(output(), stack);
        Region dx = pass.mayReuse(input(), this) ? dy : pass.target(this, input());
        long count = output().shape().elements();
        pass.program().launchPair("elementwise", "activation_backward", ProgramBuilder.blocks(count * stack),
                pass.forward().at(output()), dy, dx,
                count, stack, kind.number());
        pass.give(this, input(), dx);
    }

    /** Right before W's layer: the T cotangents side by side, and their sum. */
    private void backwardPacked(BackwardPass pass) {
        ProgramBuilder program = pass.program();
        Shape shape = input().shape();
        int tasks = pass.runs(this, input());
        Cotangent dy = pass.cotangent(output());
        Region packed = program.elements("packed cotangents", shape.elements() * tasks);
        Optional<Region> sum = pass.needsSum(input()) ? Optional.of(program.elements("cotangent", shape.elements()))
                : Optional.empty();
        Cotangent dx = Cotangent.packed(packed, tasks, shape);
        program.launchPair("elementwise", "activation_backward_packed", ProgramBuilder.blocks(shape.elements() * tasks),
                pass.forward().at(output()), dy.region(), packed, ProgramBuilder.orNull(sum), shape.places(),
                shape.channels(), tasks, dy.taskStride(), (long) dy.placeStride(), dx.taskStride(),
                (long) dx.placeStride(), kind.number());
        pass.givePacked(input(), dx, sum);
    }
}
