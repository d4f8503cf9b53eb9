package io.gimbal.graph.operation;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.ShapeChecks;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.ArrayList;
import java.util.List;

/** The sum of two values of one shape or more, as residual connections end; each may have a constant coefficient. */
public final class Add extends Operation {
    /** As many terms as one launch adds up; more are added to what it left. */
    private static final int AT_ONCE = 4;

    /** Of each term; none where all are 1. */
    private final List<Float> coefficients;

    private Add(String name, List<Value> terms, Value sum, List<Float> coefficients) {
        super(name, terms, List.of(sum), List.of());
        this.coefficients = coefficients;
    }

    /** @param coefficients of each term; none for 1 each */
    public static Add of(String name, List<Value> terms, List<Double> coefficients) {
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
    public boolean plain() {
        return coefficients.isEmpty();
    }

    /** Of each term; none where all are 1. */
    public List<Float> coefficients() {
        return coefficients;
    }

    @Override
    public void forward(Forward pass) {
        long count = output().shape().elements();
        List<Region> terms = inputs().stream().map(pass::at).toList();
        Region sum = pass.allocate(this);
        if (plain() && terms.size() == 2) {
            pass.program().launchPair("elementwise", "add", ProgramBuilder.blocks(count), terms.getFirst(),
                    terms.getLast(), sum, count);
            return;
        }
        List<Region> next = new ArrayList<>();
        List<Float> by = new ArrayList<>();
        for (int term = 0; term < terms.size(); term++) {
            next.add(terms.get(term));
            by.add(coefficient(term));
            if (next.size() == AT_ONCE || term == terms.size() - 1) {
                scaledSum(pass.program(), next, by, sum, count);
                next = new ArrayList<>(List.of(sum));
                by = new ArrayList<>(List.of(1f));
            }
        }
    }

    private float coefficient(int term) {
        return plain() ? 1 : coefficients.get(term);
    }

    private static void scaledSum(ProgramBuilder program, List<Region> terms, List<Float> by, Region sum, long count) {
        List<Object> arguments = new ArrayList<>(terms);
        List<Object> factors = new ArrayList<>(by);
        while (arguments.size() < AT_ONCE) {
            arguments.add(ProgramBuilder.NULL);
            factors.add(0f);
        }
        arguments.add(sum);
        arguments.addAll(factors);
        arguments.addAll(List.of(terms.size(), count));
        program.launchPair("join", "scaled_sum", ProgramBuilder.blocks(count), arguments.toArray());
    }

    @Override
    public void backward(Backward pass) {
        for (int term = 0; term < inputs().size(); term++) {
            Value input = inputs().get(term);
            if (pass.wants(input)) {
                backward(pass, input, term);
            }
        }
    }

    private void backward(Backward pass, Value input, int term) {
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

    private void scaled(Backward pass, Region dy, Region part, int stack, int term) {
        Shape shape = output().shape();
        if (plain()) {
            pass.program().copy(new View(dy, shape.channels()), new View(part, shape.channels()),
                    shape.places() * stack, shape.channels());
        } else {
            scaledSum(pass.program(), List.of(dy), List.of(coefficients.get(term)), part, shape.elements() * stack);
        }
    }
}
