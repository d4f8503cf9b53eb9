package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The fused multi-task backward pass: every operation runs backward once, from losses that are scaled by their weights
 * already. Where {@link Rows} says so, the tasks' cotangents stay apart, down to W, where they give W's gradient of
 * each task; before and beside it, their sum travels on.
 */
final class BackwardPass {
    private final ProgramBuilder program;
    private final ForwardPass forward;
    private final Graph graph;
    private final Measurement measurement;
    private final Learned learned;
    private final Tasks tasksOf;
    private final Rows rows;
    private final GradientTensors gradients;
    private final TaskGradients taskGradients;
    private final Map<Value, Accumulator> accumulators = new HashMap<>();
    private final Map<SideBySide, Region> sideBySide = new HashMap<>();
    private final Set<Parameter> given = new HashSet<>();
    private final Set<Value> handedOn = new HashSet<>();

    /**
     * Over a graph for training.
     *
     * @param tasks how many there are
     */
    BackwardPass(ForwardPass forward, Graph graph, int tasks, Measurement measurement) {
        this.program = forward.program();
        this.forward = forward;
        this.graph = graph;
        this.measurement = measurement;
        learned = Learned.of(graph);
        tasksOf = Tasks.of(graph);
        rows = Rows.of(graph, tasksOf, measurement);
        gradients = new GradientTensors(program, memory());
        taskGradients = new TaskGradients(program, memory(), tasks, graph, measurement);
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

    boolean measures(Parameter parameter) {
        return measurement.of(parameter);
    }

    /** Where the tasks' gradients of measured parameters belong. */
    TaskGradients taskGradients() {
        return taskGradients;
    }

    /**
     * Where an operation may write a parameter's gradient: its place, or where another that uses it has done so, a
     * fresh one.
     */
    Region gradient(Parameter parameter) {
        return given.contains(parameter) ? gradients.fresh("part of a gradient", parameter, 1)
                : memory().gradient(parameter);
    }

    /**
     * Hands in an operation's part of a parameter's gradient, which stands in {@link #gradient}. That of a measured one
     * comes from the tasks' gradients in the end.
     */
    void giveGradient(Parameter parameter, Region part) {
        if (!given.add(parameter) && !measures(parameter)) {
            gradients.add(parameter, memory().gradient(parameter), part);
        }
    }

    /** Where W's convolution leaves what these read, and they serve in its place: see {@link SideBySide}. */
    Optional<Convolution> ownerBefore(SideBySide wide) {
        return wide.ownerBefore(graph, rows, measurement);
    }

    /** Whether the value's cotangent is wanted: a parameter lies before it. */
    boolean wants(Value value) {
        return learned.of(value);
    }

    /** The tasks whose cotangents of a value are kept apart; none where there is one, of all tasks together. */
    TaskSet rows(Value value) {
        return rows.of(value);
    }

    /** How many cotangents of its input an operation leaves: a row for each of its output's, or one. */
    int runs(Operation operation, Value input) {
        return rows.kept(input) == 1 ? 1 : tasksOf.behind(operation).size();
    }

    private Accumulator accumulator(Value value) {
        return accumulators.computeIfAbsent(value, unused -> new Accumulator(program, value, rows.of(value),
                graph.reads(value), forward.pitch(value)));
    }

    /** The cotangent of an operation's output as it is stored. */
    Cotangent cotangent(Value value) {
        return accumulator(value).stored();
    }

    /** The cotangent of an operation's output: all its rows, one behind the other, or their sum. */
    Region incoming(Value value, int runs) {
        return runs == 1 ? accumulator(value).together() : accumulator(value).byTask();
    }

    /** The one cotangent of an operation's output for a reader of any strides: as it is stored, or the rows' sum. */
    Cotangent single(Value value) {
        Cotangent stored = cotangent(value);
        return stored.tasks() == 1 ? stored : Cotangent.single(incoming(value, 1), forward.pitch(value));
    }

    /**
     * Whether the only reader of a value may hand its own cotangent on as the value's, or channels of it, without a
     * copy: it stands as it would be written, or the value's maker, a batch norm, reads it wherever it stands.
     */
    boolean mayHandOn(Value value, Cotangent cotangent) {
        return graph.reads(value) == 1 && (cotangent.isByTask(value.shape())
                || graph.maker(value).orElse(null) instanceof BatchNorm norm && norm.alone());
    }

    /** Hands in all of a value's cotangent where it stands as another's, too, over which nothing is written then. */
    void handOn(Value value, Cotangent cotangent) {
        handedOn.add(value);
        giveWhole(value, cotangent);
    }

    /** What of an operation's output's cotangent belongs to an input of {@code runs} rows, where it is stored. */
    Cotangent stored(Value output, int runs) {
        return runs == 1 ? single(output) : cotangent(output);
    }

    /** A row of an operation's output by itself. */
    Region row(Value value, int row) {
        return accumulator(value).row(row);
    }

    /** The rows of an operation's output side by side in the channels. */
    Region packed(Value value) {
        return accumulator(value).packed();
    }

    /** Where an operation may write its part of an input's cotangent. */
    Region target(Operation operation, Value input) {
        return accumulator(input).target(tasksOf.behind(operation));
    }

    /** Hands in an operation's part of an input's cotangent. */
    void give(Operation operation, Value input, Region part) {
        accumulator(input).give(tasksOf.behind(operation), part);
    }

    /** Where a task's loss may write its part of a value's cotangent. */
    Region targetOfLoss(int task, Value value) {
        return accumulator(value).target(TaskSet.of(task));
    }

    /** Hands in a loss's part. */
    void giveOfLoss(int task, Value value, Region part) {
        accumulator(value).give(TaskSet.of(task), part);
    }

    /** Hands in all of a value's cotangent, as its only reader leaves it. */
    void giveWhole(Value value, Cotangent cotangent) {
        accumulator(value).giveWhole(cotangent);
    }

    /**
     * Whether a value's rows are wanted side by side, for the one wide weight-gradient of W. A grouped convolution has
     * none.
     */
    boolean wantsPacked(Value value) {
        List<Operation> readers = graph.readers(value);
        return rows.kept(value) > 1 && readers.size() == 1 && !graph.isOutput(value)
                && tasksOf.behind(readers.getFirst()).equals(rows.of(value))
                && graph.maker(value).filter(maker -> !isGrouped(maker)).stream().flatMap(maker -> maker.parameters()
                .stream()).anyMatch(parameter -> measures(parameter) && parameter.factor());
    }

    private static boolean isGrouped(Operation maker) {
        return maker instanceof Convolution convolution && convolution.grouped();
    }

    /** Hands in all rows of a value, side by side in the channels, and their sum where it is needed. */
    void givePacked(Value value, Cotangent packed, Optional<Region> sum) {
        giveWhole(value, packed);
        sum.ifPresent(accumulator(value)::giveSum);
    }

    /** Whether the sum of the rows is needed besides them side by side. */
    boolean needsSum(Value value) {
        Operation maker = graph.maker(value).orElseThrow();
        return wants(maker.input()) || maker.parameters().size() > 1;
    }

    /**
     * Where the cotangent of a value that is made side by side with others belongs: a slice of one tensor for all.
     * Empty for other values, and where several parts are added up first.
     */
    Optional<Cotangent> slice(Value value) {
        return graph.maker(value).filter(maker -> graph.reads(value) == 1).filter(SideBySide.class::isInstance).map(SideBySide.class::cast).map(wide ->
                Cotangent.single(program.element(allOf(wide), wide.offset(forward, value)), wide.channels(forward)));
    }

    private Region allOf(SideBySide wide) {
        return sideBySide.computeIfAbsent(wide, unused -> program.elements("cotangents side by side",
                wide.output().shape().places() * wide.channels(forward)));
    }

    /** Says that the cotangent of a value stands in its {@link #slice}. */
    void giveSlice(Value value) {
        giveWhole(value, slice(value).orElseThrow());
    }

    /** The cotangents of all that runs side by side; what is not in its slice yet is copied there. */
    Region sideBySide(SideBySide wide) {
        Region all = allOf(wide);
        for (Value value : wide.outputs()) {
            if (cotangent(value).region().buffer() != all.buffer()) {
                int channels = forward.pitch(value);
                program.copy(new View(incoming(value, 1), channels), new View(program.element(all, wide.offset(forward,
                        value)), wide.channels(forward)), value.shape().places(), channels);
            }
        }
        return all;
    }

    /**
     * Whether the cotangent of {@code value} may be written over that of the operation's output: nobody else reads or
     * adds to it.
     */
    boolean mayReuse(Value value, Operation operation) {
        Cotangent cotangent = cotangent(operation.output());
        return rows.kept(value) == cotangent.tasks() && cotangent.isByTask(value.shape())
                && graph.readOnlyBy(value, operation) && !handedOn.contains(operation.output());
    }

    /** Runs every operation backward, the last first. */
    void run() {
        for (Operation operation : graph.operations().reversed()) {
            if (operation.outputs().stream().anyMatch(this::wants)) {
                program.begin(operation.name());
                operation.backward(this);
            }
        }
    }
}
