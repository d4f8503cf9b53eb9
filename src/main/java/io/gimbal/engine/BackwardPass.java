package io.gimbal.engine;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The fused multi-task backward pass: heads run backward once, each with its loss already scaled by its weight; at the
 * trunk's end the T cotangents stand side by side, [T][batch, height, width, channels]. They stay apart down to W,
 * where they give W's gradient of each task; below and beside, their sum travels on.
 */
final class BackwardPass {
    /** Vector loads and cuDNN want every tensor that they are given at a multiple of so many bytes. */
    private static final int ALIGNMENT = 16;
    /** For more tasks than the kernel for few takes, there is one that needs more registers. */
    private static final int FEW_TASKS = 4;

    private final ProgramBuilder program;
    private final ForwardPass forward;
    private final NetworkGraph graph;
    private final int tasks;
    private final Parameter measured;
    private final Region taskGradients;
    private final Map<Value, Cotangent> cotangents = new HashMap<>();
    private final Map<Value, Region> sums = new HashMap<>();
    private final Map<Value, Region> byTask = new HashMap<>();
    private final Region[] headParts;
    private final boolean alignedSlices;
    private final Optional<WideHeads> wideHeads;
    private final Set<Value> inSlices = new HashSet<>();
    private Region heads;
    private Region gramPartials;

    /** @param measured W, or null where no norms are measured */
    BackwardPass(ForwardPass forward, NetworkGraph graph, Parameter measured) {
        this.program = forward.program();
        this.forward = forward;
        this.graph = graph;
        this.tasks = graph.tasks().size();
        this.measured = measured;
        this.headParts = new Region[tasks];
        this.wideHeads = graph.wideHeads();
        this.alignedSlices = graph.trunkOutput().shape().elements() * program.precision().bytes() % ALIGNMENT == 0;
        this.taskGradients = measured == null ? null : program.bytes("gradients of W by task", (long) tasks
                * measured.deviceCount() * gradientBytes());
    }

    ProgramBuilder program() {
        return program;
    }

    ForwardPass forward() {
        return forward;
    }

    ModelLayout memory() {
        return forward.memory();
    }

    int tasks() {
        return tasks;
    }

    boolean measures(Parameter parameter) {
        return parameter == measured;
    }

    private boolean lowGradient() {
        return program.precision().low() && measured.filter();
    }

    private int gradientBytes() {
        return lowGradient() ? program.precision().bytes() : Float.BYTES;
    }

    /** G [T, P] in the elements that W's gradient has: what the operation that owns W writes. */
    Region taskGradients() {
        return taskGradients;
    }

    /**
     * How many cotangents of its input an operation leaves: a head one, for its task; in the trunk, T where W lies
     * before the input.
     */
    int stack(Operation operation, Value input) {
        return operation.output().task() == Value.TRUNK ? stack(input) : 1;
    }

    /** How many cotangents of a value of the trunk are kept. */
    int stack(Value value) {
        return measured != null && value.stacked() ? tasks : 1;
    }

    /** The cotangent of an operation's output as it is stored. */
    Cotangent cotangent(Value value) {
        Cotangent cotangent = value == graph.trunkOutput() ? cotangentOfTrunk() : cotangents.get(value);
        if (cotangent == null) {
            throw new IllegalStateException("a cotangent is read before every consumer has given its part");
        }
        return cotangent;
    }

    /** The cotangent of an operation's output: all T of them, [T][...], or their sum. */
    Region incoming(Value value, int stack) {
        Cotangent cotangent = cotangent(value);
        if (stack == 1) {
            return cotangent.tasks() == 1 && cotangent.placeStride() == forward.pitch(value) ? cotangent.region()
                    : sums.computeIfAbsent(value, unused -> sum(value, cotangent));
        }
        return cotangent.isByTask(value.shape()) ? cotangent.region()
                : byTask.computeIfAbsent(value, unused -> unpacked(value, cotangent));
    }

    /** The T cotangents of an operation's output side by side in the channels: [places][T * channels]. */
    Region packed(Value value) {
        Cotangent cotangent = cotangent(value);
        if (cotangent.isPacked(value.shape())) {
            return cotangent.region();
        }
        Shape shape = value.shape();
        long count = shape.elements() * tasks;
        Region packed = program.elements("packed cotangents", count);
        program.launchPair("elementwise", "pack_tasks", ProgramBuilder.blocks(count), incoming(value, tasks), packed,
                shape.places(), shape.channels(), tasks);
        return packed;
    }

    /** Whether the T cotangents of that value are wanted side by side, for the one wide weight-gradient of W. */
    boolean wantsPacked(Value value) {
        return measured != null && tasks > 1 && value.producer() != null && measured.factor()
                && value.producer().parameters().contains(measured) && value.consumers().size() == 1
                && value != graph.trunkOutput();
    }

    /** Hands in all T cotangents of a value, side by side in the channels, and their sum where it is needed. */
    void contributePacked(Value value, Region packed, Optional<Region> sum) {
        cotangents.put(value, Cotangent.packed(packed, tasks, value.shape()));
        sum.ifPresent(region -> sums.put(value, region));
    }

    /**
     * Where the cotangent of a head's first convolution's output belongs: a slice of one tensor for all heads. Empty
     * for other values, and where heads do not start alike.
     */
    Optional<Cotangent> slice(Value value) {
        return wideHeads.filter(wide -> wide.heads().stream().anyMatch(head -> head.output() == value)).map(wide ->
                Cotangent.single(program.element(allHeads(wide), wide.offset(forward, value)), wide.channels(forward)));
    }

    private Region allHeads(WideHeads wide) {
        if (heads == null) {
            heads = program.elements("cotangents of the heads", wide.output().shape().places()
                    * wide.channels(forward));
        }
        return heads;
    }

    /** Says that the cotangent of a head's first convolution's output stands in its {@link #slice}. */
    void contributeSlice(Value value) {
        inSlices.add(value);
        cotangents.put(value, slice(value).orElseThrow());
    }

    /** The cotangents of all heads' first convolutions side by side; what is not in its slice yet is copied there. */
    Region heads(WideHeads wide) {
        for (Convolution head : wide.heads()) {
            Value value = head.output();
            if (!inSlices.contains(value)) {
                Cotangent slice = slice(value).orElseThrow();
                int channels = forward.pitch(value);
                program.copy(new Tensor(incoming(value, 1), channels), new Tensor(slice.region(), slice.placeStride()),
                        value.shape().places(), channels);
                contributeSlice(value);
            }
        }
        return heads;
    }

    /** Hands in the cotangent of the trunk's output as a whole, where no head does so by itself. */
    void contributeTrunk(Cotangent cotangent) {
        cotangents.put(graph.trunkOutput(), cotangent);
    }

    /** Whether the sum of the T cotangents is needed besides them side by side. */
    boolean needsSum(Value value) {
        return value.producer().input().learned() || value.producer().parameters().size() > 1;
    }

    /** Whether G is there already. */
    boolean measured() {
        return gramPartials != null;
    }

    private Region sum(Value value, Cotangent stacked) {
        Shape shape = value.shape();
        Region sum = program.elements("sum of cotangents", shape.elements());
        program.launchPair("elementwise", "sum_tasks", ProgramBuilder.blocks(shape.elements()), stacked.region(), sum,
                shape.places(), shape.channels(), stacked.tasks(), stacked.taskStride(), (long) stacked.placeStride(),
                (long) shape.channels());
        return sum;
    }

    private Region unpacked(Value value, Cotangent packed) {
        Shape shape = value.shape();
        Region byTask = program.elements("cotangents by task", shape.elements() * tasks);
        for (int task = 0; task < tasks; task++) {
            Region from = packed.region().plusBytes(packed.taskStride() * task * program.precision().bytes());
            program.copy(new Tensor(from, packed.placeStride()), new Tensor(program.element(byTask, shape.elements()
                    * task), shape.channels()), shape.places(), shape.channels());
        }
        return byTask;
    }

    /**
     * Where an operation of that section may write its part of a value's cotangent: a head's first part goes right into
     * its slice.
     */
    Region target(Value value, int section) {
        long count = value.shape().places() * forward.pitch(value);
        if (!leavesHead(value, section)) {
            return program.elements("cotangent", count * stack(value));
        }
        return alignedSlices && headParts[section] == null ? slice(section) : program.elements("cotangent", count);
    }

    private boolean leavesHead(Value value, int section) {
        return value == graph.trunkOutput() && section != Value.TRUNK;
    }

    private Region slice(int section) {
        Shape shape = graph.trunkOutput().shape();
        Cotangent stack = cotangents.computeIfAbsent(graph.trunkOutput(), unused -> Cotangent.byTask(
                program.elements("cotangents by task", shape.elements() * tasks), tasks, shape));
        return program.element(stack.region(), shape.elements() * section);
    }

    /**
     * The heads' T cotangents side by side; parts that could not be written in place for their alignment are copied
     * there.
     */
    private Cotangent cotangentOfTrunk() {
        if (!alignedSlices && !cotangents.containsKey(graph.trunkOutput())) {
            Shape shape = graph.trunkOutput().shape();
            for (int section = 0; section < tasks; section++) {
                program.copy(new Tensor(headParts[section], shape.channels()), new Tensor(slice(section),
                        shape.channels()), shape.places(), shape.channels());
            }
        }
        return cotangents.get(graph.trunkOutput());
    }

    /**
     * Whether the cotangent of {@code value} may be written over that of the operation's output: nobody else reads or
     * adds to it.
     */
    boolean mayReuse(Value value, Operation operation) {
        return !leavesHead(value, operation.output().task()) && stack(value) == cotangent(operation.output()).tasks()
                && cotangent(operation.output()).isByTask(value.shape()) && value.readOnlyBy(operation);
    }

    /** Hands in a part of a value's cotangent; parts of several consumers are added up. */
    void contribute(Value value, int section, Region part) {
        long count = value.shape().elements();
        if (leavesHead(value, section)) {
            if (headParts[section] == null) {
                headParts[section] = part;
            } else {
                addInto(headParts[section], part, count);
            }
            return;
        }
        int stack = stack(value);
        Cotangent present = cotangents.putIfAbsent(value, stack == 1 ? Cotangent.single(part, forward.pitch(value))
                : Cotangent.byTask(part, stack, value.shape()));
        if (present != null) {
            addInto(present.region(), part, count * stack);
        }
    }

    private void addInto(Region sum, Region part, long count) {
        program.launchPair("elementwise", "add", ProgramBuilder.blocks(count), sum, part, sum, count);
    }

    /**
     * Reads G once: its Gram matrix and, as W's gradient, its sum. The operation that owns W calls this when G is
     * written.
     */
    void gram() {
        long count = measured.deviceCount();
        int blocks = ProgramBuilder.reductionBlocks(count);
        gramPartials = program.floats("partial Gram matrices", (long) blocks * tasks * (tasks + 1) / 2);
        String kernel = tasks <= FEW_TASKS ? "gram" : "gram_wide";
        program.launch("balance", lowGradient() ? kernel + "_bf16" : kernel, blocks, taskGradients,
                memory().gradient(measured), gramPartials, count, tasks);
    }

    /** The Gram matrix [T, T] in double. */
    Region finishGram() {
        Region gram = program.bytes("Gram matrix", (long) tasks * tasks * Double.BYTES);
        program.launch("balance", "gram_finish", 1, gramPartials,
                ProgramBuilder.reductionBlocks(measured.deviceCount()),
                gram, tasks);
        return gram;
    }

    /** Runs every operation backward, heads first. */
    void run() {
        for (Operation operation : graph.trainingOperations().reversed()) {
            if (operation.output().learned()) {
                program.begin(operation.name());
                operation.backward(this);
            }
        }
    }
}
