package io.gimbal.graph.operation;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;
import io.gimbal.graph.Backward;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.List;

/** Some channels of images, or some features: a view of what it reads, of which a reader that needs it makes a copy. */
public final class Slice extends Operation {
    private final int start;

    private Slice(String name, Value x, Value y, int start) {
        super(name, List.of(x), List.of(y), List.of());
        this.start = start;
    }

    public static Slice of(String name, Value x, int start, int count) {
        Counts.atLeast(name + " (slice): start", start, 0);
        Counts.atLeast(name + " (slice): count", count, 1);
        Shape in = x.shape();
        if ((long) start + count > in.channels()) {
            throw new UserException(name + " (slice): what arrives is " + in.describe() + "; it takes " + count
                    + (in.flat() ? " features" : " channels") + " from number " + start + " on, of which there are "
                    + Math.max(0, in.channels() - start));
        }
        return new Slice(name, x, Value.leftBy(name, in.withChannels(count)), start);
    }

    /** The first channel that it takes. */
    public int start() {
        return start;
    }

    /** All channels are no copy but the very value, which others may read: nothing may be written over it. */
    @Override
    public boolean needsOutput() {
        return input().shape().equals(output().shape());
    }

    @Override
    public void forward(Forward pass) {
        View x = pass.tensor(input());
        pass.putSlice(output(), new View(pass.program().element(x.region(), start), x.pitch()));
    }

    @Override
    public void backward(Backward pass) {
        Shape in = input().shape();
        int stack = pass.runs(this, input());
        Region dx = pass.target(this, input());
        pass.program().launchPair("channels", "spread_slice", ProgramBuilder.blocks(in.elements() * stack),
                pass.incoming(output(), stack), dx, in.places() * stack, output().shape().channels(), in.channels(),
                start);
        pass.give(this, input(), dx);
    }
}
