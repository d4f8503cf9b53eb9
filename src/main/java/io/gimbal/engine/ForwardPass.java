package io.gimbal.engine;

import java.util.HashMap;
import java.util.Map;

/** The forward pass of one program: where each value lies, and what operations keep for their backward. */
final class ForwardPass {
    private final ProgramBuilder program;
    private final ModelMemory memory;
    private final boolean training;
    private final Map<Value, Region> values = new HashMap<>();
    private final Map<Operation, Region> kept = new HashMap<>();

    ForwardPass(ProgramBuilder program, ModelMemory memory, boolean training) {
        this.program = program;
        this.memory = memory;
        this.training = training;
    }

    ProgramBuilder program() {
        return program;
    }

    ModelMemory memory() {
        return memory;
    }

    /** Whether batch statistics are taken; otherwise the running ones are used. */
    boolean training() {
        return training;
    }

    /** Where a value lies. */
    Region at(Value value) {
        Region region = values.get(value);
        if (region == null) {
            throw new IllegalStateException("a value is read before the operation that makes it has run");
        }
        return region;
    }

    /** A fresh place for an operation's output. */
    Region allocate(Operation operation) {
        Region region = program.floats(operation.name(), operation.output().shape().elements());
        values.put(operation.output(), region);
        return region;
    }

    /** Says that a value lies there. */
    void put(Value value, Region region) {
        values.put(value, region);
    }

    /** Keeps something of an operation for its backward. */
    Region keep(Operation operation, Region region) {
        kept.put(operation, region);
        return region;
    }

    Region kept(Operation operation) {
        return kept.get(operation);
    }
}
