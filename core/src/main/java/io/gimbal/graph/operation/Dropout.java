package io.gimbal.graph.operation;

import io.gimbal.config.Range;
import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.RandomNumbers;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;

/**
 * Dropout, inverted: in training a value is 0 with probability p and divided by 1 - p otherwise; in inference it stays
 * (arXiv 1207.0580). Which values these are is a function of seed, stream, step and place, so that the backward works
 * them out anew and nothing is kept.
 */
public final class Dropout extends Operation {
    private static final double WORDS = 0x1p32;

    private final double p;
    private final int stream;

    private Dropout(String name, Value x, Value y, double p, int stream) {
        super(name, List.of(x), List.of(y), List.of());
        this.p = p;
        this.stream = stream;
    }

    /** @param stream how many dropouts stand before it in the network */
    public static Dropout of(String name, Value x, double p, int stream) {
        Range.BELOW_ONE.check(name + " (dropout): p", p);
        return new Dropout(name, x, Value.leftBy(name, x.shape()), p, stream);
    }

    /** The least random word whose value is kept: from there on u = (word + 1/2) / 2^32 is at least p, exactly. */
    static long leastKept(double p) {
        double words = p * WORDS;
        double whole = Math.floor(words);
        return (long) whole + (words - whole <= 0.5 ? 0 : 1);
    }

    @Override
    public boolean handsOn(boolean training) {
        return !training;
    }

    @Override
    public void forward(Forward pass) {
        if (handsOn(pass.training())) {
            pass.putSlice(output(), pass.tensor(input()));
            return;
        }
        Region x = pass.at(input());
        Region y = x;
        if (pass.mayOverwrite(input(), this)) {
            pass.put(output(), x);
        } else {
            y = pass.allocate(this);
        }
        launch(pass, x, y, 1);
    }

    @Override
    public void backward(Backward pass) {
        int stack = pass.runs(this, input());
        Region dy = pass.incoming(output(), stack);
        Region dx = pass.mayReuse(input(), this) ? dy : pass.target(this, input());
        launch(pass.forward(), dy, dx, stack);
        pass.give(this, input(), dx);
    }

    private void launch(Forward pass, Region from, Region to, int stack) {
        long count = output().shape().elements();
        RandomNumbers random = pass.random();
        long before = pass.program().peers().rank() * count;
        pass.program().launchPair("random", "dropout", ProgramBuilder.blocks(count * stack), from, to, count, stack,
                before, leastKept(p), (float) (1 / (1 - p)), random.seed(), stream, random.counters());
    }
}
