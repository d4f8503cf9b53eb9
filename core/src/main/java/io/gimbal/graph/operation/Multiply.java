package io.gimbal.graph.operation;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.ShapeChecks;
import io.gimbal.graph.Value;
import io.gimbal.graph.rewrite.GateRewrite;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.ArrayList;
import java.util.List;

/**
 * The product of two values: of one shape, or images beside one value for each image and channel (N,C,1,1), or for
 * each image and place (N,1,H,W), which is taken for all places, or channels, without being stored for them. The first
 * of one shape may stand for its sigmoid, which gates the second and is not stored (see
 * {@code graph.rewrite.GateRewrite}).
 */
public final class Multiply extends Operation {
    /** What the second factor has one value for. */
    private enum Other { ELEMENT, CHANNEL, PLACE }

    private final Other other;
    private final boolean gate;

    private Multiply(String name, Value x, Value by, Value y, Other other, boolean gate) {
        super(name, List.of(x, by), List.of(y), List.of());
        this.other = other;
        this.gate = gate;
    }

    /**
     * The product of two values or more, as products of two; the last leaves it. One of the values has the shape of the
     * product.
     *
     * @throws io.gimbal.config.UserException if there are fewer values, or the shapes do not fit
     */
    public static List<Multiply> of(String name, List<Value> factors) {
        ShapeChecks.requireSeveral(name, "multiply", factors);
        Value full = factors.stream().reduce((a, b) -> a.shape().elements() >= b.shape().elements() ? a : b)
                .orElseThrow();
        List<Value> others = new ArrayList<>(factors);
        others.remove(full);
        List<Multiply> products = new ArrayList<>();
        Value product = full;
        for (Value by : others) {
            String step = products.size() == others.size() - 1 ? name : name + ", the first " + (products.size() + 2);
            Value y = Value.leftBy(step, full.shape());
            Multiply two = new Multiply(step, product, by, y, kind(name, full, by), false);
            products.add(two);
            product = y;
        }
        return products;
    }

    private static Other kind(String name, Value full, Value by) {
        Shape shape = full.shape();
        if (by.shape().equals(shape)) {
            return Other.ELEMENT;
        }
        if (!shape.flat() && by.shape().equals(Shape.image(shape.batch(), shape.channels(), 1, 1))) {
            return Other.CHANNEL;
        }
        if (!shape.flat() && by.shape().equals(Shape.image(shape.batch(), 1, shape.height(), shape.width()))) {
            return Other.PLACE;
        }
        throw ShapeChecks.unlike(name, "multiply", full, by, shape.flat() ? "features to be multiplied are alike"
                : "beside the former may stand the same shape, " + shape.channels() + " x 1 x 1 or 1 x "
                + shape.height() + " x " + shape.width());
    }

    /** Whether its factors have one shape, and neither stands for its sigmoid. */
    public boolean plain() {
        return other == Other.ELEMENT && !gate;
    }

    /** The same with the sigmoid of {@code gate} in place of one of two factors of one shape. */
    public Multiply gatedBy(Value gate, Value gated) {
        return new Multiply(name(), gate, gated, output(), Other.ELEMENT, true);
    }

    private Value by() {
        return inputs().getLast();
    }

    private long count() {
        return output().shape().elements();
    }

    @Override
    public void forward(Forward pass) {
        Region x = pass.at(input());
        Region by = pass.at(by());
        Region y = pass.allocate(this);
        if (gate) {
            pass.program().launchPair("join", "gate_forward", ProgramBuilder.blocks(count()), x, by, y, count());
        } else {
            multiply(pass.program(), x, by, y, 1);
        }
    }

    /** Multiplies each of {@code stack} values by the second factor. */
    private void multiply(ProgramBuilder program, Region x, Region by, Region y, int stack) {
        Shape shape = output().shape();
        int blocks = ProgramBuilder.blocks(count() * stack);
        switch (other) {
            case ELEMENT -> program.launchPair("join", "multiply", blocks, x, by, y, count(), stack);
            case CHANNEL -> program.launchPair("join", "multiply_by_channel", blocks, x, by, y, shape.batch(),
                    shape.height() * shape.width(), shape.channels(), stack);
            case PLACE -> program.launchPair("join", "multiply_by_place", blocks, x, by, y, shape.places(),
                    shape.channels(), stack);
        }
    }

    @Override
    public void backward(Backward pass) {
        boolean first = pass.wants(input());
        boolean second = pass.wants(by());
        boolean alike = other == Other.ELEMENT;
        if (alike && first && second && input() != by() && pass.runs(this, input()) == pass.runs(this, by())) {
            backwardToBoth(pass);
            return;
        }
        if (first) {
            backwardToFirst(pass);
        }
        if (second) {
            backwardToSecond(pass);
        }
    }

    private void backwardToBoth(Backward pass) {
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        Region dby = pass.target(this, by());
        backwardAlike(pass, stack, dx, dby);
        pass.give(this, input(), dx);
        pass.give(this, by(), dby);
    }

    /** Either target may be the null pointer. */
    private void backwardAlike(Backward pass, int stack, Object dx, Object dby) {
        pass.program().launchPair("join", "multiply_backward", ProgramBuilder.blocks(count() * stack),
                pass.incoming(output(), stack), pass.forward().at(input()), pass.forward().at(by()), dx, dby, count(),
                stack, gate ? 1 : 0);
    }

    private void backwardToFirst(Backward pass) {
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        if (gate) {
            backwardAlike(pass, stack, dx, ProgramBuilder.NULL);
        } else {
            multiply(pass.program(), pass.incoming(output(), stack), pass.forward().at(by()), dx, stack);
        }
        pass.give(this, input(), dx);
    }

    private void backwardToSecond(Backward pass) {
        ProgramBuilder program = pass.program();
        Shape shape = output().shape();
        int stack = pass.runs(this, by());
        Region dy = pass.incoming(output(), stack);
        Region x = pass.forward().at(input());
        Region dby = pass.target(this, by());
        switch (other) {
            case ELEMENT -> {
                if (gate) {
                    backwardAlike(pass, stack, ProgramBuilder.NULL, dby);
                } else {
                    program.launchPair("join", "multiply", ProgramBuilder.blocks(count() * stack), dy, x, dby, count(),
                            stack);
                }
            }
            case CHANNEL -> {
                int places = shape.height() * shape.width();
                int blocks = ProgramBuilder.reductionBlocks((long) places * shape.channels());
                long sums = (long) shape.batch() * shape.channels() * stack;
                Region partials = program.floats("partial sums by channel", blocks * sums);
                program.launchPair("join", "channel_sums", blocks, dy, x, partials, shape.batch(), places,
                        shape.channels(), stack);
                program.launchPair("join", "channel_sums_finish", ProgramBuilder.finishBlocks(sums), partials, blocks,
                        dby, 1, sums, sums);
            }
            case PLACE -> program.launchPair("join", "place_sums", ProgramBuilder.blocks(count() * stack), dy, x, dby,
                    shape.places(), shape.channels(), stack);
        }
        pass.give(this, by(), dby);
    }
}
