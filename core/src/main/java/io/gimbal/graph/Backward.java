package io.gimbal.graph;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.Optional;

/**
 * The fused multi-task backward pass, as the operations that it runs see it: where cotangents come from and go, by task
 * or together, and where gradients of parameters belong.
 */
public interface Backward {
    /** {@return what takes the launches} */
    ProgramBuilder program();

    /** {@return the forward pass of the same step} */
    Forward forward();

    /** {@return where parameters and statistics lie} */
    ModelPlaces memory();

    /**
     * {@return whether the tasks' gradients of a parameter are measured}
     *
     * @param parameter of the network
     */
    boolean measures(Parameter parameter);

    /** {@return where the tasks' gradients of measured parameters belong} */
    MeasuredGradients taskGradients();

    /**
     * {@return where an operation may write a parameter's gradient: its place, or where another that uses it has done
     * so, a fresh one}
     *
     * @param parameter of the network
     */
    Region gradient(Parameter parameter);

    /**
     * Hands in an operation's part of a parameter's gradient, which stands in {@link #gradient}. That of a measured one
     * comes from the tasks' gradients in the end.
     *
     * @param parameter of the network
     * @param part      where it stands
     */
    void giveGradient(Parameter parameter, Region part);

    /** {@return the graph of the step} */
    Graph graph();

    /** {@return what the step measures} */
    Measurement measurement();

    /** {@return of which values rows are kept} */
    Rows rows();

    /**
     * {@return whether the value's cotangent is wanted: a parameter lies before it}
     *
     * @param value of the graph
     */
    boolean wants(Value value);

    /**
     * {@return the tasks whose cotangents of a value are kept apart; none where there is one, of all tasks together}
     *
     * @param value of the graph
     */
    TaskSet rows(Value value);

    /**
     * {@return how many cotangents of its input an operation leaves: a row for each of its output's, or one}
     *
     * @param operation which leaves them
     * @param input     one of its inputs
     */
    int runs(Operation operation, Value input);

    /**
     * {@return the cotangent of an operation's output as it is stored}
     *
     * @param value that an operation leaves
     */
    Cotangent cotangent(Value value);

    /**
     * {@return the cotangent of an operation's output: all its rows, one behind the other, or their sum}
     *
     * @param value that an operation leaves
     * @param runs  how many rows are wanted, or 1
     */
    Region incoming(Value value, int runs);

    /**
     * {@return the one cotangent of an operation's output for a reader of any strides: as it is stored, or the rows'
     * sum}
     *
     * @param value that an operation leaves
     */
    Cotangent single(Value value);

    /**
     * {@return whether the only reader of a value may hand its own cotangent on as the value's, or channels of it,
     * without a copy: it stands as it would be written, or the value's maker, a batch norm, reads it wherever it
     * stands}
     *
     * @param value     of the graph
     * @param cotangent the reader's own, or channels of it
     */
    boolean mayHandOn(Value value, Cotangent cotangent);

    /**
     * Hands in all of a value's cotangent where it stands as another's, too, over which nothing is written then.
     *
     * @param value     of the graph
     * @param cotangent where it stands
     */
    void handOn(Value value, Cotangent cotangent);

    /**
     * {@return what of an operation's output's cotangent belongs to an input of {@code runs} rows, where it is stored}
     *
     * @param output the value that an operation leaves
     * @param runs   how many rows the input has
     */
    Cotangent stored(Value output, int runs);

    /**
     * {@return a row of an operation's output by itself}
     *
     * @param value that an operation leaves
     * @param row   from 0
     */
    Region row(Value value, int row);

    /**
     * {@return the rows of an operation's output side by side in the channels}
     *
     * @param value that an operation leaves
     */
    Region packed(Value value);

    /**
     * {@return where an operation may write its part of an input's cotangent}
     *
     * @param operation which writes it
     * @param input     one of its inputs
     */
    Region target(Operation operation, Value input);

    /**
     * Hands in an operation's part of an input's cotangent.
     *
     * @param operation which has written it
     * @param input     one of its inputs
     * @param part      where it stands
     */
    void give(Operation operation, Value input, Region part);

    /**
     * Hands in all of a value's cotangent, as its only reader leaves it.
     *
     * @param value     of the graph
     * @param cotangent where it stands
     */
    void giveWhole(Value value, Cotangent cotangent);

    /**
     * {@return whether a value's rows are wanted side by side, for the one wide weight-gradient of W} A grouped
     * convolution has none.
     *
     * @param value of the graph
     */
    boolean wantsPacked(Value value);

    /**
     * Hands in all rows of a value, side by side in the channels, and their sum where it is needed.
     *
     * @param value  of the graph
     * @param packed where the rows stand
     * @param sum    where their sum stands, if it is needed
     */
    void givePacked(Value value, Cotangent packed, Optional<Region> sum);

    /**
     * {@return whether the sum of the rows is needed besides them side by side}
     *
     * @param value of the graph
     */
    boolean needsSum(Value value);

    /**
     * {@return where the cotangent of a value that is made side by side with others belongs: a slice of one tensor for
     * all} Empty for other values, and where several parts are added up first.
     *
     * @param value of the graph
     */
    Optional<Cotangent> slice(Value value);

    /**
     * Says that the cotangent of a value stands in its {@link #slice}.
     *
     * @param value of the graph
     */
    void giveSlice(Value value);

    /**
     * {@return the cotangents of all that an operation leaves side by side; what is not in its slice yet is copied
     * there}
     *
     * @param operation which leaves several values side by side
     */
    Region sideBySide(Operation operation);

    /**
     * {@return whether the cotangent of {@code value} may be written over that of the operation's output: nobody else
     * reads or adds to it}
     *
     * @param value     of the graph
     * @param operation which reads it
     */
    boolean mayReuse(Value value, Operation operation);
}
