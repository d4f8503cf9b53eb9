package io.gimbal.graph;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;

/**
 * The forward pass of a program, as the operations that it runs see it: where each value lies, and what an operation
 * keeps for its backward.
 */
public interface Forward {
    /** {@return what takes the launches} */
    ProgramBuilder program();

    /** {@return where parameters and statistics lie} */
    ModelPlaces memory();

    /** {@return whether batch statistics are taken; otherwise the running ones are used} */
    boolean training();

    /** {@return where random numbers come from} */
    RandomNumbers random();

    /**
     * {@return elements from one place of a value to the next where it is stored alone}
     *
     * @param value of the graph
     */
    int pitch(Value value);

    /**
     * {@return whether that operation may write over what it reads: nobody else reads it, nor does its maker, backward}
     * The same goes for what the maker handed on as it came.
     *
     * @param value  of the graph
     * @param reader the operation that would
     */
    boolean mayOverwrite(Value value, Operation reader);

    /**
     * {@return where a value lies, its places {@link #pitch} elements apart}
     *
     * @param value of the graph
     */
    Region at(Value value);

    /**
     * {@return where a value lies, be it a slice of a wider tensor}
     *
     * @param value of the graph
     */
    View tensor(Value value);

    /**
     * {@return a place for the output of an operation that can write with any pitch: where it stands in what its only
     * reader leaves, so that this need not copy it there; or a fresh one}
     *
     * @param operation whose output it is
     */
    View allocateAnywhere(Operation operation);

    /**
     * {@return a place for an operation's output; where inputs stand in it already, it is the one that they were
     * written to}
     *
     * @param operation whose output it is
     */
    Region allocate(Operation operation);

    /**
     * Says that a value lies there, its places {@link #pitch} elements apart.
     *
     * @param value  of the graph
     * @param region where it lies
     */
    void put(Value value, Region region);

    /**
     * Says that a value is that slice of a wider tensor.
     *
     * @param value of the graph
     * @param slice of the wider tensor
     */
    void putSlice(Value value, View slice);

    /**
     * Keeps something of an operation for its backward.
     *
     * @param operation whose backward reads it
     * @param region    what is kept
     * @return the same region
     */
    Region keep(Operation operation, Region region);

    /**
     * {@return what was kept of an operation}
     *
     * @param operation whose forward kept it
     */
    Region kept(Operation operation);
}
