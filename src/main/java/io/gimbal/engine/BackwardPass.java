package io.gimbal.engine;

import java.util.HashMap;
import java.util.Map;

/**
 * The fused multi-task backward pass: heads run backward once, each with its loss already scaled by its weight; at the
 * trunk's end the T cotangents stand side by side, [T][batch, height, width, channels]. They stay apart down to W,
 * where they give W's gradient of each task; below and beside, their sum travels on.
 */
final class BackwardPass {
    /** Vector loads and cuDNN want every tensor they are given at a multiple of 16 bytes. */
    private static final int ALIGNED_WORDS = 4;

    private final ProgramBuilder program;
    private final ForwardPass forward;
    private final NetworkGraph graph;
    private final int tasks;
    private final Parameter measured;
    private final Region taskGradients;
    private final Map<Value, Region> cotangents = new HashMap<>();
    private final Map<Value, Region> sums = new HashMap<>();
    private final Region[] headParts;
    private final boolean alignedSlices;
    private Region gramPartials;

    /** @param measured W, or null where no norms are measured */
    BackwardPass(ForwardPass forward, NetworkGraph graph, Parameter measured) {
        this.program = forward.program();
        this.forward = forward;
        this.graph = graph;
        this.tasks = graph.tasks().size();
        this.measured = measured;
        this.headParts = new Region[tasks];
        this.alignedSlices = graph.trunkOutput().shape().elements() % ALIGNED_WORDS == 0;
        this.taskGradients = measured == null ? null : program.floats("gradients of W by task", (long) tasks
                * measured.count());
    }

    ProgramBuilder program() {
        return program;
    }

    ForwardPass forward() {
        return forward;
    }

    ModelMemory memory() {
        return forward.memory();
    }

    int tasks() {
        return tasks;
    }

    boolean measures(Parameter parameter) {
        return parameter == measured;
    }

    /** G [T, P]: what the operation that owns W writes. */
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

    private int stack(Value value) {
        return measured != null && value.stacked() ? tasks : 1;
    }

    /** The cotangent of an operation's output: all T of them, [T][...], or their sum. */
    Region incoming(Value value, int stack) {
        Region region = value == graph.trunkOutput() ? stackOfHeads() : cotangents.get(value);
        if (region == null) {
            throw new IllegalStateException("a cotangent is read before every consumer has given its part");
        }
        if (stack == stored(value)) {
            return region;
        }
        return sums.computeIfAbsent(value, unused -> sum(value, region));
    }

    private Region sum(Value value, Region stacked) {
        long count = value.shape().elements();
        Region sum = program.floats("sum of cotangents", count);
        program.launch("elementwise", "sum_tasks", ProgramBuilder.blocks(count), stacked, sum, count, 1, tasks,
                count, 1L);
        return sum;
    }

    private int stored(Value value) {
        return value == graph.trunkOutput() ? tasks : stack(value);
    }

    /**
     * Where an operation of that section may write its part of a value's cotangent: a head's first part goes right into
     * its slice.
     */
    Region target(Value value, int section) {
        long count = value.shape().elements();
        if (!leavesHead(value, section)) {
            return program.floats("cotangent", count * stack(value));
        }
        return alignedSlices && headParts[section] == null ? slice(section) : program.floats("cotangent", count);
    }

    private boolean leavesHead(Value value, int section) {
        return value == graph.trunkOutput() && section != Value.TRUNK;
    }

    private Region slice(int section) {
        long count = graph.trunkOutput().shape().elements();
        return cotangents.computeIfAbsent(graph.trunkOutput(), unused -> program.floats("cotangents by task", count
                * tasks)).words(count * section);
    }

    /**
     * The heads' T cotangents side by side; parts that could not be written in place for their alignment are copied
     * there.
     */
    private Region stackOfHeads() {
        if (!alignedSlices && !cotangents.containsKey(graph.trunkOutput())) {
            long count = graph.trunkOutput().shape().elements();
            for (int section = 0; section < tasks; section++) {
                program.launch("elementwise", "sum_tasks", ProgramBuilder.blocks(count), headParts[section],
                        slice(section), count, 1, 1, 0L, 1L);
            }
        }
        return cotangents.get(graph.trunkOutput());
    }

    /**
     * Whether the cotangent of {@code value} may be written over that of the operation's output: nobody else reads or
     * adds to it.
     */
    boolean mayReuse(Value value, Operation operation) {
        return !leavesHead(value, operation.output().task())
                && stack(value) == stored(operation.output()) && value.readOnlyBy(operation);
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
        Region present = cotangents.putIfAbsent(value, part);
        if (present != null) {
            addInto(present, part, count * stack(value));
        }
    }

    private void addInto(Region sum, Region part, long count) {
        program.launch("elementwise", "add", ProgramBuilder.blocks(count), sum, part, sum, count);
    }

    /**
     * Reads G once: its Gram matrix and, as W's gradient, its sum. The operation that owns W calls this when G is
     * written.
     */
    void gram() {
        long count = measured.count();
        int blocks = ProgramBuilder.reductionBlocks(count);
        gramPartials = program.floats("partial Gram matrices", (long) blocks * tasks * (tasks + 1) / 2);
        program.launch("balance", "gram", blocks, taskGradients, memory().gradient(measured), gramPartials, count,
                tasks);
    }

    /** The Gram matrix [T, T] in double. */
    Region finishGram() {
        Region gram = program.bytes("Gram matrix", (long) tasks * tasks * Double.BYTES);
        program.launch("balance", "gram_finish", 1, gramPartials, ProgramBuilder.reductionBlocks(measured.count()),
                gram, tasks);
        return gram;
    }

    /** Runs every operation backward, heads first. */
    void run() {
        for (Operation operation : graph.operations().reversed()) {
            if (operation.output().learned()) {
                operation.backward(this);
            }
        }
    }
}
