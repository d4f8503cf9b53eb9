package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Cotangent;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.List;
import java.util.OptionalInt;

/** Values side by side in the channels. */
public final class Concatenation extends Operation {
    public Concatenation(String name, List<Value> parts, Value y) {
        super(name, parts, List.of(y), List.of());
    }

    /** Takes a part and the channel at which it begins. */
    private interface Part {
        void at(Value part, int from);
    }

    private void eachPart(Part body) {
        int from = 0;
        for (Value part : inputs()) {
            body.at(part, from);
            from += part.shape().channels();
        }
    }

    @Override
    public OptionalInt standsAt(Value input) {
        int from = 0;
        for (Value part : inputs()) {
            if (part == input) {
                return OptionalInt.of(from);
            }
            from += part.shape().channels();
        }
        return OptionalInt.empty();
    }

    @Override
    public void forward(Forward pass) {
        ProgramBuilder program = pass.program();
        Region y = pass.allocate(this);
        eachPart((part, from) -> {
            if (pass.tensor(part).region().buffer() != y.buffer()) {
                program.copy(pass.tensor(part), new View(program.element(y, from), pass.pitch(output())),
                        part.shape().places(), part.shape().channels());
            }
        });
    }

    @Override
    public void backward(Backward pass) {
        eachPart((part, from) -> {
            if (pass.wants(part) && !handedOn(pass, part, from)) {
                copy(pass, part, from);
            }
        });
    }

    /** Hands in the part's channels where they stand, if its maker takes them there. */
    private boolean handedOn(Backward pass, Value part, int from) {
        Cotangent dy = pass.stored(output(), pass.runs(this, part));
        boolean here = dy.isAligned(from, Cotangent.ALIGNMENT, pass.program()) && pass.mayHandOn(part, dy);
        if (here) {
            pass.handOn(part, dy.from(from, pass.program()));
        }
        return here;
    }

    private void copy(Backward pass, Value part, int from) {
        ProgramBuilder program = pass.program();
        int runs = pass.runs(this, part);
        int channels = part.shape().channels();
        Region dx = pass.target(this, part);
        program.copy(new View(program.element(pass.incoming(output(), runs), from), pass.forward().pitch(output())),
                new View(dx, channels), part.shape().places() * runs, channels);
        pass.give(this, part, dx);
    }
}
