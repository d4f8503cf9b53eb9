package io.gimbal.graph;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;

/**
 * The forward pass of a program, as the operations that it runs see it: where each value lies, and what an operation
 * keeps for its backward.
 */
public interface Forward {
    ProgramBuilder program();

    ModelPlaces memory();

    /** Whether batch statistics are taken; otherwise the running ones are used. */
    boolean training();

    /** Where random numbers come from. */
    RandomNumbers random();

    /** Elements from one place of a value to the next where it is stored alone. */
    int pitch(Value value);

    /**
     * Whether that operation may write over what it reads: nobody else reads it, nor does its maker, backward. The same
     * goes for what the maker handed on as it came.
     */
    boolean mayOverwrite(Value value, Operation reader);

    /** Where a value lies, its places {@link #pitch} elements apart. */
    Region at(Value value);

    /** Where a value lies, be it a slice of a wider tensor. */
    View tensor(Value value);

    /**
     * A place for the output of an operation that can write with any pitch: where it stands in what its only reader
     * leaves, so that this need not copy it there; or a fresh one.
     */
    View allocateAnywhere(Operation operation);

    /** A place for an operation's output; where inputs stand in it already, it is the one that they were written to. */
    Region allocate(Operation operation);

    /** Says that a value lies there, its places {@link #pitch} elements apart. */
    void put(Value value, Region region);

    /** Says that a value is that slice of a wider tensor. */
    void putSlice(Value value, View slice);

    /** Keeps something of an operation for its backward. */
    Region keep(Operation operation, Region region);

    Region kept(Operation operation);
}
