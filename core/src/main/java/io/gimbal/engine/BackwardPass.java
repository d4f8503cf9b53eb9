package io.gimbal.engine;

import io.gimbal.graph.Backward;
import io.gimbal.graph.Cotangent;
import io.gimbal.graph.Graph;
import io.gimbal.graph.Learned;
import io.gimbal.graph.Measurement;
import io.gimbal.graph.Operation;
import io.gimbal.graph.OutputsSideBySide;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Rows;
import io.gimbal.graph.TaskSet;
import io.gimbal.graph.Tasks;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.BatchNorm;
import io.gimbal.graph.operation.Convolution;
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
final class BackwardPass implements Backward {
    /** The section of a step that measures gradients and moves weights. */
    static final String BALANCING = "balancing";

    private final ProgramBuilder program;
    private final ForwardPass forward;
    private final Graph graph;
    private final Measurement measurement;
    private final Learned learned;
    private final Tasks tasksOf;
    private final Rows rows;
    private final ModelLayout memory;
    private final GradientTensors gradients;
    private final TaskGradients taskGradients;
    private final Optional<Combining> combining;
    private Optional<Region> gram = Optional.empty();
    private Optional<Region> products = Optional.empty();
    private final Map<Value, Accumulator> accumulators = new HashMap<>();
    private final Map<OutputsSideBySide, Region> sideBySide = new HashMap<>();
    private final Set<Parameter> given = new HashSet<>();
    private final Set<Value> handedOn = new HashSet<>();
    private final RankGradients overRanks;

    /**
     * Over a graph for training.
     *
     * @param memory    where gradients go
     * @param tasks     how many there are
     * @param combining makes one of the tasks' gradients where these are not simply added up
     */
    BackwardPass(ForwardPass forward, ModelLayout memory, Graph graph, int tasks, Measurement measurement,
            Optional<Combining> combining) {
        this.program = forward.program();
        this.forward = forward;
        this.memory = memory;
        this.graph = graph;
        this.measurement = measurement;
        learned = Learned.of(graph);
        tasksOf = Tasks.of(graph);
        rows = Rows.of(graph, tasksOf, measurement);
        gradients = new GradientTensors(program, memory);
        this.combining = combining;
        overRanks = new RankGradients(program, graph, gradients, memory, measurement);
        taskGradients = new TaskGradients(program, memory, tasks, graph, measurement, combining.isEmpty());
    }

    @Override
    public ProgramBuilder program() {
        return program;
    }

    @Override
    public ForwardPass forward() {
        return forward;
    }

    @Override
    public ModelLayout memory() {
        return memory;
    }

    @Override
    public boolean measures(Parameter parameter) {
        return measurement.of(parameter);
    }

    @Override
    public TaskGradients taskGradients() {
        return taskGradients;
    }

    @Override
    public Region gradient(Parameter parameter) {
        return given.contains(parameter) ? gradients.fresh("part of a gradient", parameter, 1)
                : memory().gradient(parameter);
    }

    @Override
    public void giveGradient(Parameter parameter, Region part) {
        if (!given.add(parameter) && !measures(parameter)) {
            gradients.add(parameter, memory().gradient(parameter), part);
        }
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public Measurement measurement() {
        return measurement;
    }

    @Override
    public Rows rows() {
        return rows;
    }

    @Override
    public boolean wants(Value value) {
        return learned.of(value);
    }

    @Override
    public TaskSet rows(Value value) {
        return rows.of(value);
    }

    @Override
    public int runs(Operation operation, Value input) {
        return rows.kept(input) == 1 ? 1 : tasksOf.behind(operation).size();
    }

    private Accumulator accumulator(Value value) {
        return accumulators.computeIfAbsent(value, unused -> new Accumulator(program, value, rows.of(value),
                graph.reads(value), forward.pitch(value)));
    }

    @Override
    public Cotangent cotangent(Value value) {
        return accumulator(value).stored();
    }

    @Override
    public Region incoming(Value value, int runs) {
        return runs == 1 ? accumulator(value).together() : accumulator(value).byTask();
    }

    @Override
    public Cotangent single(Value value) {
        Cotangent stored = cotangent(value);
        return stored.tasks() == 1 ? stored : Cotangent.single(incoming(value, 1), forward.pitch(value));
    }

    @Override
    public boolean mayHandOn(Value value, Cotangent cotangent) {
        return graph.reads(value) == 1 && (cotangent.isByTask(value.shape())
                || graph.maker(value).orElse(null) instanceof BatchNorm norm && norm.alone());
    }

    @Override
    public void handOn(Value value, Cotangent cotangent) {
        handedOn.add(value);
        giveWhole(value, cotangent);
    }

    @Override
    public Cotangent stored(Value output, int runs) {
        return runs == 1 ? single(output) : cotangent(output);
    }

    @Override
    public Region row(Value value, int row) {
        return accumulator(value).row(row);
    }

    @Override
    public Region packed(Value value) {
        return accumulator(value).packed();
    }

    @Override
    public Region target(Operation operation, Value input) {
        return accumulator(input).target(tasksOf.behind(operation));
    }

    @Override
    public void give(Operation operation, Value input, Region part) {
        accumulator(input).give(tasksOf.behind(operation), part);
    }

    /**
     * Where a task's loss may write its part of a value's cotangent.
     *
     * @param later whether other parts may be handed in before this one is
     */
    Region targetOfLoss(int task, Value value, boolean later) {
        return later && graph.reads(value) > 1
                ? program.elements("cotangent of a loss", value.shape().places() * forward.pitch(value))
                : accumulator(value).target(TaskSet.of(task));
    }

    /** Hands in a loss's part. */
    void giveOfLoss(int task, Value value, Region part) {
        accumulator(value).give(TaskSet.of(task), part);
    }

    @Override
    public void giveWhole(Value value, Cotangent cotangent) {
        accumulator(value).giveWhole(cotangent);
    }

    @Override
    public boolean wantsPacked(Value value) {
        List<Operation> readers = graph.readers(value);
        return rows.kept(value) > 1 && readers.size() == 1 && !graph.isOutput(value)
                && tasksOf.behind(readers.getFirst()).equals(rows.of(value))
                && graph.maker(value).filter(maker -> !isGrouped(maker)).stream().flatMap(maker -> maker.parameters()
                .stream()).anyMatch(parameter -> measures(parameter) && parameter.factor());
    }

    private static boolean isGrouped(Operation maker) {
        return maker instanceof Convolution convolution && convolution.grouped();
    }

    @Override
    public void givePacked(Value value, Cotangent packed, Optional<Region> sum) {
        giveWhole(value, packed);
        sum.ifPresent(accumulator(value)::giveSum);
    }

    @Override
    public boolean needsSum(Value value) {
        Operation maker = graph.maker(value).orElseThrow();
        return wants(maker.input()) || maker.parameters().size() > 1;
    }

    @Override
    public Optional<Cotangent> slice(Value value) {
        return graph.maker(value).filter(maker -> graph.reads(value) == 1).filter(OutputsSideBySide.class::isInstance)
                .map(OutputsSideBySide.class::cast).map(wide ->
                Cotangent.single(program.element(allOf(value, wide), wide.offset(forward::pitch, value)),
                        wide.channels(forward::pitch)));
    }

    private Region allOf(Value output, OutputsSideBySide wide) {
        return sideBySide.computeIfAbsent(wide, unused -> program.elements("cotangents side by side",
                output.shape().places() * wide.channels(forward::pitch)));
    }

    @Override
    public void giveSlice(Value value) {
        giveWhole(value, slice(value).orElseThrow());
    }

    @Override
    public Region sideBySide(Operation operation) {
        OutputsSideBySide wide = (OutputsSideBySide) operation;
        Region all = allOf(operation.output(), wide);
        for (Value value : operation.outputs()) {
            if (cotangent(value).region().buffer() != all.buffer()) {
                int channels = forward.pitch(value);
                program.copy(new View(incoming(value, 1), channels),
                        new View(program.element(all, wide.offset(forward::pitch,
                        value)), wide.channels(forward::pitch)), value.shape().places(), channels);
            }
        }
        return all;
    }

    @Override
    public boolean mayReuse(Value value, Operation operation) {
        Cotangent cotangent = cotangent(operation.output());
        return rows.kept(value) == cotangent.tasks() && cotangent.isByTask(value.shape())
                && graph.readOnlyBy(value, operation) && !handedOn.contains(operation.output());
    }

    /** Runs every operation backward, the last first. */
    void run() {
        for (Operation operation : graph.operations().reversed()) {
            if (operation.outputs().stream().anyMatch(this::wants)) {
                operation.outputs().stream().filter(measurement::of).forEach(this::measure);
                program.begin(operation.name());
                operation.backward(this);
            }
            overRanks.done(operation);
        }
        overRanks.rest();
        if (taskGradients.any()) {
            program.begin(BALANCING);
            gram = Optional.of(taskGradients.gram());
            products = gram;
            combining.ifPresent(rule -> taskGradients.combine(rule.coefficients(gram.orElseThrow())));
        }
    }

    /**
     * The Gram matrix of the tasks' gradients, doubles [T][T]; empty where they are not measured. Of a rule that goes
     * by element its diagonal alone.
     */
    Optional<Region> gram() {
        return gram;
    }

    /** The same with all products; empty where no one needs them. */
    Optional<Region> products() {
        return products;
    }

    /** Makes one cotangent of the tasks' of a value, as the balancing has it; its maker goes on with that. */
    private void measure(Value value) {
        program.begin(BALANCING);
        Accumulator rows = accumulator(value);
        Combining.Combined made = combining.orElseThrow().combine(forward, value, rows.byTask());
        gram = Optional.of(made.gram());
        products = made.products();
        rows.replace(made.cotangent());
    }
}
