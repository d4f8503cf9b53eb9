package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Cotangent;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An elementwise activation. The backward of most needs the output alone, so that it is written over the input; of gelu
 * and silu, and of a leaky relu or elu that falls and rises, it needs the input alone.
 */
public final class Activation extends Operation {
    private final ActivationKind kind;
    private final float parameter;

    private Activation(String name, Value x, Value y, ActivationKind kind, float parameter) {
        super(name, List.of(x), List.of(y), List.of());
        this.kind = kind;
        this.parameter = parameter;
    }

    /** @param parameter the kind's, or 0 where it has none */
    public static Activation of(String name, Value x, ActivationKind kind, double parameter) {
        kind.check(name + " (activation): ", parameter);
        return new Activation(name, x, Value.leftBy(name, x.shape()), kind, (float) parameter);
    }

    public ActivationKind kind() {
        return kind;
    }

    /** The kind's parameter, or 0 where it has none. */
    public float parameter() {
        return parameter;
    }

    private boolean needsInput() {
        return kind.needsInput(parameter);
    }

    @Override
    public boolean needsOutput() {
        return !needsInput();
    }

    @Override
    public void forward(Forward pass) {
        Region x = pass.at(input());
        Region y = x;
        if (pass.mayOverwrite(input(), this) && !(pass.training() && needsInput())) {
            pass.put(output(), x);
        } else {
            y = pass.allocate(this);
        }
        long count = output().shape().elements();
        launch(pass.program(), "forward", ProgramBuilder.blocks(count), x, y, count);
    }

    @Override
    public void backward(Backward pass) {
        int stack = pass.runs(this, input());
        if (stack > 1 && pass.wantsPacked(input())) {
            backwardPacked(pass);
            return;
        }
        Region dy = pass.incoming(output(), stack);
        Region dx = pass.mayReuse(input(), this) ? dy : pass.target(this, input());
        long count = output().shape().elements();
        launch(pass.program(), "backward", ProgramBuilder.blocks(count * stack), slopeFrom(pass), dy, dx, count, stack);
        pass.give(this, input(), dx);
    }

    /** What the backward works the slope out from. */
    private Region slopeFrom(Backward pass) {
        return pass.forward().at(needsInput() ? input() : output());
    }

    /** Right before W's layer: the T cotangents side by side, and their sum. */
    private void backwardPacked(Backward pass) {
        ProgramBuilder program = pass.program();
        Shape shape = input().shape();
        int tasks = pass.runs(this, input());
        Cotangent dy = pass.cotangent(output());
        Region packed = program.elements("packed cotangents", shape.elements() * tasks);
        Optional<Region> sum = pass.needsSum(input()) ? Optional.of(program.elements("cotangent", shape.elements()))
                : Optional.empty();
        Cotangent dx = Cotangent.packed(packed, tasks, shape);
        launch(program, "backward_packed", ProgramBuilder.blocks(shape.elements() * tasks), slopeFrom(pass),
                dy.region(), packed, ProgramBuilder.orNull(sum), shape.places(), shape.channels(), tasks,
                dy.taskStride(), (long) dy.placeStride(), dx.taskStride(), (long) dx.placeStride());
        pass.givePacked(input(), dx, sum);
    }

    private void launch(ProgramBuilder program, String way, int blocks, Object... arguments) {
        List<Object> all = new ArrayList<>(List.of(arguments));
        all.add(kind.number());
        if (kind.isLinearUnit()) {
            all.add(parameter);
            program.launchPair("linear_units", "linear_unit_" + way, blocks, all.toArray());
        } else {
            program.launchPair("elementwise", "activation_" + way, blocks, all.toArray());
        }
    }
}
