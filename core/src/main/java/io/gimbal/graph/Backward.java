package io.gimbal.graph;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.Optional;

/**
 * The fused multi-task backward pass, as the operations that it runs see it: where cotangents come from and go, by task
 * or together, and where gradients of parameters belong.
 */
public interface Backward {
    ProgramBuilder program();

    Forward forward();

    ModelPlaces memory();

    boolean measures(Parameter parameter);

    /** Where the tasks' gradients of measured parameters belong. */
    MeasuredGradients taskGradients();

    /**
     * Where an operation may write a parameter's gradient: its place, or where another that uses it has done so, a
     * fresh one.
     */
    Region gradient(Parameter parameter);

    /**
     * Hands in an operation's part of a parameter's gradient, which stands in {@link #gradient}. That of a measured one
     * comes from the tasks' gradients in the end.
     */
    void giveGradient(Parameter parameter, Region part);

    /** The graph of the step. */
    Graph graph();

    /** What the step measures. */
    Measurement measurement();

    /** Of which values rows are kept. */
    Rows rows();

    /** Whether the value's cotangent is wanted: a parameter lies before it. */
    boolean wants(Value value);

    /** The tasks whose cotangents of a value are kept apart; none where there is one, of all tasks together. */
    TaskSet rows(Value value);

    /** How many cotangents of its input an operation leaves: a row for each of its output's, or one. */
    int runs(Operation operation, Value input);

    /** The cotangent of an operation's output as it is stored. */
    Cotangent cotangent(Value value);

    /** The cotangent of an operation's output: all its rows, one behind the other, or their sum. */
    Region incoming(Value value, int runs);

    /** The one cotangent of an operation's output for a reader of any strides: as it is stored, or the rows' sum. */
    Cotangent single(Value value);

    /**
     * Whether the only reader of a value may hand its own cotangent on as the value's, or channels of it, without a
     * copy: it stands as it would be written, or the value's maker, a batch norm, reads it wherever it stands.
     */
    boolean mayHandOn(Value value, Cotangent cotangent);

    /** Hands in all of a value's cotangent where it stands as another's, too, over which nothing is written then. */
    void handOn(Value value, Cotangent cotangent);

    /** What of an operation's output's cotangent belongs to an input of {@code runs} rows, where it is stored. */
    Cotangent stored(Value output, int runs);

    /** A row of an operation's output by itself. */
    Region row(Value value, int row);

    /** The rows of an operation's output side by side in the channels. */
    Region packed(Value value);

    /** Where an operation may write its part of an input's cotangent. */
    Region target(Operation operation, Value input);

    /** Hands in an operation's part of an input's cotangent. */
    void give(Operation operation, Value input, Region part);

    /** Hands in all of a value's cotangent, as its only reader leaves it. */
    void giveWhole(Value value, Cotangent cotangent);

    /**
     * Whether a value's rows are wanted side by side, for the one wide weight-gradient of W. A grouped convolution has
     * none.
     */
    boolean wantsPacked(Value value);

    /** Hands in all rows of a value, side by side in the channels, and their sum where it is needed. */
    void givePacked(Value value, Cotangent packed, Optional<Region> sum);

    /** Whether the sum of the rows is needed besides them side by side. */
    boolean needsSum(Value value);

    /**
     * Where the cotangent of a value that is made side by side with others belongs: a slice of one tensor for all.
     * Empty for other values, and where several parts are added up first.
     */
    Optional<Cotangent> slice(Value value);

    /** Says that the cotangent of a value stands in its {@link #slice}. */
    void giveSlice(Value value);

    /** The cotangents of all that an operation leaves side by side; what is not in its slice yet is copied there. */
    Region sideBySide(Operation operation);

    /**
     * Whether the cotangent of {@code value} may be written over that of the operation's output: nobody else reads or
     * adds to it.
     */
    boolean mayReuse(Value value, Operation operation);
}
