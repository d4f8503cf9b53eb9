package io.gimbal.engine;

import io.gimbal.graph.Cotangent;
import io.gimbal.graph.Forward;
import io.gimbal.graph.Graph;
import io.gimbal.graph.ModelPlaces;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Pitches;
import io.gimbal.graph.RandomNumbers;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The forward pass of one program: where each value lies, and what operations keep for their backward. */
final class ForwardPass implements Forward {
    private final ProgramBuilder program;
    private final ModelPlaces memory;
    private final Graph graph;
    private final Pitches pitches;
    private final Optional<RandomNumbers> random;
    private final Map<Value, View> values = new HashMap<>();
    private final Map<Operation, Region> kept = new HashMap<>();
    private final Map<Operation, Region> places = new HashMap<>();

    /** @param random where a training step's random numbers come from; inference has none */
    ForwardPass(ProgramBuilder program, ModelPlaces memory, Graph graph, Pitches pitches,
            Optional<RandomNumbers> random) {
        this.program = program;
        this.memory = memory;
        this.graph = graph;
        this.pitches = pitches;
        this.random = random;
    }

    @Override
    public ProgramBuilder program() {
        return program;
    }

    @Override
    public ModelPlaces memory() {
        return memory;
    }

    @Override
    public boolean training() {
        return random.isPresent();
    }

    @Override
    public RandomNumbers random() {
        return random.orElseThrow(() -> new IllegalStateException("inference has no random numbers"));
    }

    @Override
    public int pitch(Value value) {
        return pitches.of(value);
    }

    @Override
    public boolean mayOverwrite(Value value, Operation reader) {
        return graph.readOnlyBy(value, reader) && graph.maker(value).filter(maker -> !maker.needsOutput()
                && (!maker.handsOn(training()) || mayOverwrite(maker.input(), maker))).isPresent();
    }

    @Override
    public Region at(Value value) {
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

    @Override
    public View tensor(Value value) {
        View tensor = values.get(value);
        if (tensor == null) {
            throw new IllegalStateException("a value is read before the operation that makes it has run");
        }
        return tensor;
    }

    @Override
    public View allocateAnywhere(Operation operation) {
        Value output = operation.output();
        List<Operation> readers = graph.readers(output);
        if (graph.reads(output) == 1 && readers.size() == 1) {
            Operation reader = readers.getFirst();
            OptionalInt channel = reader.standsAt(output);
            if (channel.isPresent() && isAligned(channel.getAsInt()) && isAligned(pitch(reader.output()))) {
                View slice = new View(program.element(place(reader), channel.getAsInt()), pitch(reader.output()));
                putSlice(output, slice);
                return slice;
            }
        }
        return new View(allocate(operation), pitch(output));
    }

    private boolean isAligned(int channels) {
        return channels * program.precision().bytes() % Cotangent.ALIGNMENT == 0;
    }

    @Override
    public Region allocate(Operation operation) {
        Region region = place(operation);
        put(operation.output(), region);
        return region;
    }

    private Region place(Operation operation) {
        Value output = operation.output();
        return places.computeIfAbsent(operation, unused -> program.elements(operation.name(),
                output.shape().places() * pitch(output)));
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

    @Override
    public void put(Value value, Region region) {
        values.put(value, new View(region, pitch(value)));
    }

    @Override
    public void putSlice(Value value, View slice) {
        values.put(value, slice);
    }

    @Override
    public Region keep(Operation operation, Region region) {
        kept.put(operation, region);
        return region;
    }

    @Override
    public Region kept(Operation operation) {
        return kept.get(operation);
    }
}
