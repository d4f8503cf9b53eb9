package io.gimbal.engine;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.List;

/** The sum of two values of one shape or more, as residual connections end; each may have a constant coefficient. */
final class Add extends Operation {
    /** Of each term; none where all are 1. */
    private final List<Float> coefficients;

    private Add(String name, List<Value> terms, Value sum, List<Float> coefficients) {
        super(name, terms, List.of(sum), List.of());
        this.coefficients = coefficients;
    }

    /** @param coefficients of each term; none for 1 each */
    static Add of(String name, List<Value> terms, List<Double> coefficients) {
        ShapeChecks.requireSeveral(name, "add", terms);
        ShapeChecks.requireAlike(name, "add", terms, "all must be alike to be added");
        if (!coefficients.isEmpty() && coefficients.size() != terms.size()) {
            throw new UserException(name + " (add): there are " + coefficients.size() + " coefficients for "
                    + terms.size() + " values; each has one");
        }
        coefficients.forEach(each -> Range.FINITE.check(name + " (add): a coefficient", each));
        boolean sum = coefficients.stream().allMatch(each -> each == 1);
        return new Add(name, terms, Value.leftBy(name, terms.getFirst().shape()), sum ? List.of()
                : coefficients.stream().map(Double::floatValue).toList());
    }

    /** Whether it is the sum alone. */
    boolean plain() {
        return coefficients.isEmpty();
    }

    @Override
    void forward(ForwardPass pass) {
        long count = output().shape().elements();
        Region before = pass.at(input());
        Region sum = pass.allocate(this);
        for (int term = 1; term < inputs().size(); term++) {
            Region next = pass.at(inputs().get(term));
            if (plain()) {
                pass.program().launchPair("elementwise", "add", ProgramBuilder.blocks(count), before, next, sum, count);
            } else {
                pass.program().launchPair("join", "scaled_sum", ProgramBuilder.blocks(count), before, next, sum,
                        term == 1 ? coefficients.getFirst() : 1f, coefficients.get(term), count);
            }
            before = sum;
        }
    }

    @Override
    void backward(BackwardPass pass) {
        for (int term = 0; term < inputs().size(); term++) {
            Value input = inputs().get(term);
            if (pass.wants(input)) {
                backward(pass, input, term);
            }
        }
    }

    private void backward(BackwardPass pass, Value input, int term) {
        int runs = pass.runs(this, input);
        if (plain() && pass.mayHandOn(input, pass.stored(output(), runs))) {
            pass.handOn(input, pass.stored(output(), runs));
            return;
        }
        // A tensor of its own where others read the input, too: what they hand in is added into it.
        Region part = pass.target(this, input);
        scaled(pass, pass.incoming(output(), runs), part, runs, term);
        pass.give(this, input, part);
    }

    private void scaled(BackwardPass pass, Region dy, Region part, int stack, int term) {
        Shape shape = output().shape();
        if (plain()) {
            pass.program().copy(new View(dy, shape.channels()), new View(part, shape.channels()),
                    shape.places() * stack, shape.channels());
        } else {
            long count = shape.elements() * stack;
            pass.program().launchPair("join", "scaled_sum", ProgramBuilder.blocks(count), dy, ProgramBuilder.NULL, part,
                    coefficients.get(term), 0f, count);
        }
    }
}
