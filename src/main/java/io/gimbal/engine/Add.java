package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.List;

/** The sum of two values of one shape or more, as residual connections end. */
final class Add extends Operation {
    Add(String name, List<Value> terms, Value sum) {
        super(name, terms, List.of(sum), List.of());
    }

    @Override
    void forward(ForwardPass pass) {
        long count = output().shape().elements();
        Region before = pass.at(input());
        Region sum = pass.allocate(this);
        for (Value term : inputs().subList(1, inputs().size())) {
            pass.program().launchPair("elementwise", "add", ProgramBuilder.blocks(count), before, pass.at(term), sum,
                    count);
            before = sum;
        }
    }

    @Override
    void backward(BackwardPass pass) {
        for (Value input : inputs()) {
            if (pass.wants(input)) {
                int stack = pass.runs(this, input);
                Shape shape = input.shape();
                // A copy of its own for each input: what arrives later is added into it.
                Region part = pass.target(this, input);
                pass.program().copy(new View(pass.incoming(output(), stack), shape.channels()), new View(part,
                        shape.channels()), shape.places() * stack, shape.channels());
                pass.give(this, input, part);
            }
        }
    }
}
