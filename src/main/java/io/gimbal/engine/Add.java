package io.gimbal.engine;

import java.util.List;

/** The sum of two values of one shape, as residual connections end. */
final class Add extends Operation {
    Add(String name, Value a, Value b, Value sum) {
        super(name, List.of(a, b), List.of(sum), List.of());
    }

    @Override
    void forward(ForwardPass pass) {
        long count = output().shape().elements();
        pass.program().launchPair("elementwise", "add", ProgramBuilder.blocks(count), pass.at(inputs().get(0)),
                pass.at(inputs().get(1)), pass.allocate(this), count);
    }

    @Override
    void backward(BackwardPass pass) {
        for (Value input : inputs()) {
            if (pass.wants(input)) {
                int stack = pass.runs(this, input);
                Shape shape = input.shape();
                // A copy of its own for each input: what arrives later is added into it.
                Region part = pass.target(this, input);
                pass.program().copy(new Tensor(pass.incoming(output(), stack), shape.channels()), new Tensor(part,
                        shape.channels()), shape.places() * stack, shape.channels());
                pass.give(this, input, part);
            }
        }
    }
}
