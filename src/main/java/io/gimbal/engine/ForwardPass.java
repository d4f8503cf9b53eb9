package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The forward pass of one program: where each value lies, and what operations keep for their backward. */
final class ForwardPass {
    private final ProgramBuilder program;
    private final ModelLayout memory;
    private final Graph graph;
    private final Pitches pitches;
    private final Optional<RandomNumbers> random;
    private final Map<Value, View> values = new HashMap<>();
    private final Map<Operation, Region> kept = new HashMap<>();

    /** @param random where a training step's random numbers come from; inference has none */
    ForwardPass(ProgramBuilder program, ModelLayout memory, Graph graph, Pitches pitches,
            Optional<RandomNumbers> random) {
        this.program = program;
        this.memory = memory;
        this.graph = graph;
        this.pitches = pitches;
        this.random = random;
    }

    ProgramBuilder program() {
        return program;
    }

    ModelLayout memory() {
        return memory;
    }

    /** Whether batch statistics are taken; otherwise the running ones are used. */
    boolean training() {
        return random.isPresent();
    }

    /** Where random numbers come from. */
    RandomNumbers random() {
        return random.orElseThrow(() -> new IllegalStateException("inference has no random numbers"));
    }

    /** Elements from one place of a value to the next where it is stored alone. */
    int pitch(Value value) {
        return pitches.of(value);
    }

    /**
     * Whether that operation may write over what it reads: nobody else reads it, nor does its maker, backward. The same
     * goes for what the maker handed on as it came.
     */
    boolean mayOverwrite(Value value, Operation reader) {
        return graph.readOnlyBy(value, reader) && graph.maker(value).filter(maker -> !maker.needsOutput()
                && (!maker.handsOn(training()) || mayOverwrite(maker.input(), maker))).isPresent();
    }

    /** Where a value lies, its places {@link #pitch} elements apart. */
    Region at(Value value) {
        View tensor = tensor(value);
        if (tensor.pitch() == pitch(value)) {
            return tensor.region();
        }
        Shape shape = value.shape();
        Region copy = program.elements("copy of a slice", shape.places() * pitch(value));
        program.copy(tensor, new View(copy, pitch(value)), shape.places(), pitch(value));
        put(value, copy);
        return copy;
    }

    /** Where a value lies, be it a slice of a wider tensor. */
    View tensor(Value value) {
        View tensor = values.get(value);
        if (tensor == null) {
            throw new IllegalStateException("a value is read before the operation that makes it has run");
        }
        return tensor;
    }

    /** A fresh place for an operation's output. */
    Region allocate(Operation operation) {
        Value output = operation.output();
        Region region = program.elements(operation.name(), output.shape().places() * pitch(output));
        put(output, region);
        return region;
    }

    /**
     * Takes the network's input, in the program's elements, from a ring of slots that hold it in float32 at their
     * start.
     *
     * @param counters  the first says which slot is due, modulo their number
     * @param notFinite gets {@link #takingBlocks} words, of which one is not 0 where the input holds what is not
     *                  finite; or {@link ProgramBuilder#NULL}
     */
    void take(Value input, Region ring, long slotWords, int slots, Region counters, Object notFinite) {
        Shape shape = input.shape();
        Region taken = program.elements("images", shape.places() * pitch(input));
        program.launchPair("batch", "select_images", takingBlocks(input), ring, taken, notFinite, shape.places(),
                shape.channels(), pitch(input), 0L, slotWords, slots, counters);
        put(input, taken);
    }

    /** How many blocks take the network's input. */
    int takingBlocks(Value input) {
        return ProgramBuilder.blocks(input.shape().places() * pitch(input));
    }

    /** Says that a value lies there, its places {@link #pitch} elements apart. */
    void put(Value value, Region region) {
        values.put(value, new View(region, pitch(value)));
    }

    /** Says that a value is that slice of a wider tensor. */
    void putSlice(Value value, View slice) {
        values.put(value, slice);
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
