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
import java.util.List;

/**
 * Softmax over sets of the channels of each place, or of features: a set is a run of adjacent channels, or every K-th
 * channel from one of the first K on. Its backward needs its output alone.
 */
public final class Softmax extends Operation {
    private final int members;
    private final boolean adjacent;

    private Softmax(String name, Value x, int members, boolean adjacent) {
        super(name, List.of(x), List.of(Value.leftBy(name, x.shape())), List.of());
        this.members = members;
        this.adjacent = adjacent;
    }

    /** Over all channels. */
    public static Softmax of(String name, Value x) {
        return new Softmax(name, x, x.shape().channels(), true);
    }

    /** Over each run of so many channels. */
    public static Softmax ofAdjacent(String name, Value x, int channels) {
        check(name, "adjacent", x, channels);
        return new Softmax(name, x, channels, true);
    }

    /** Over the groups that the channels are: channel c of each, for every c. */
    public static Softmax overGroups(String name, Value x, int groups) {
        check(name, "groups", x, groups);
        return new Softmax(name, x, groups, groups == x.shape().channels());
    }

    private static void check(String name, String key, Value x, int divisor) {
        Counts.atLeast(name + " (softmax): " + key, divisor, 1);
        Shape in = x.shape();
        if (in.channels() % divisor != 0) {
            throw new UserException(name + " (softmax): what arrives is " + in.describe() + "; \"" + key + "\" is "
                    + divisor + ", which must divide the " + in.channels() + (in.flat() ? " features" : " channels"));
        }
    }

    /** How many channels a set has. */
    public int members() {
        return members;
    }

    /** Whether a set is a run of adjacent channels; else it is every K-th, K being how many sets there are. */
    public boolean adjacent() {
        return adjacent;
    }

    @Override
    public boolean needsOutput() {
        return true;
    }

    @Override
    public void forward(Forward pass) {
        Shape shape = output().shape();
        int blocks = ProgramBuilder.blocks(shape.elements());
        Region x = pass.at(input());
        Region y = pass.allocate(this);
        if (adjacent) {
            pass.program().launchPair("softmax", "softmax_adjacent_forward", blocks, x, y, sets(shape), members);
        } else {
            pass.program().launchPair("softmax", "softmax_forward", blocks, x, y, shape.places(), shape.channels(),
                    members);
        }
    }

    private long sets(Shape shape) {
        return shape.elements() / members;
    }

    @Override
    public void backward(Backward pass) {
        Shape shape = output().shape();
        int stack = pass.runs(this, input());
        int blocks = ProgramBuilder.blocks(shape.elements() * stack);
        Region y = pass.forward().at(output());
        Region dy = pass.incoming(output(), stack);
        Region dx = pass.target(this, input());
        if (adjacent) {
            pass.program().launchPair("softmax", "softmax_adjacent_backward", blocks, y, dy, dx, sets(shape), members,
                    stack);
        } else {
            pass.program().launchPair("softmax", "softmax_backward", blocks, y, dy, dx, shape.places(),
                    shape.channels(), members, stack);
        }
        pass.give(this, input(), dx);
    }
}
