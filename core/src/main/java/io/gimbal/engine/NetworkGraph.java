package io.gimbal.engine;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.device.Precision;
import io.gimbal.graph.Graph;
import io.gimbal.graph.Measurement;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Output;
import io.gimbal.graph.Padding;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Pitches;
import io.gimbal.graph.Rows;
import io.gimbal.graph.Shape;
import io.gimbal.graph.TaskSet;
import io.gimbal.graph.Tasks;
import io.gimbal.graph.Value;
import io.gimbal.graph.operation.BatchNorm;
import io.gimbal.graph.rewrite.ConvolutionsSideBySide;
import io.gimbal.graph.rewrite.GateRewrite;
import io.gimbal.graph.rewrite.NormRewrites;
import io.gimbal.graph.rewrite.Rewrite;
import io.gimbal.graph.rewrite.Rewriter;
import io.gimbal.graph.rewrite.UpsamplingByLoss;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A network of one batch size, for training and for inference. Immutable. */
public final class NetworkGraph {
    /** As many tasks as the kernels of the balancing take. */
    public static final int MOST_TASKS = TaskSet.MOST;

    private final Graph written;
    private final List<String> tasks;
    private final List<Parameter> shared;
    private final Optional<Value> representation;
    private final Tasks dependents;
    private final Padding padding;
    private final Graph unmeasured;
    private final Graph forInference;

    /**
     * From operations as they were written down.
     *
     * @param written its outputs stand in the tasks' order; the first of a task is its result
     * @param shared  GradNorm's W: these parameters together; empty where there is none
     * @param representation Z, the value that all heads read; empty where there is none
     */
    NetworkGraph(Graph written, List<String> tasks, List<Parameter> shared, Optional<Value> representation) {
        this.written = written;
        this.tasks = List.copyOf(tasks);
        this.shared = List.copyOf(shared);
        this.representation = representation;
        dependents = Tasks.of(written);
        padding = Padding.of(written);
        unmeasured = joined(new Measurement.Nothing());
        forInference = unmeasured.leadingTo(resultValues());
    }

    /**
     * With all operations joined that may be, where that is measured.
     *
     * @param measurement of what gradients are measured
     * @return a graph of the same values and parameters
     */
    public Graph joined(Measurement measurement) {
        Rows rows = Rows.of(written, dependents, measurement);
        Graph kept = written.keeping(representation.filter(measurement::of).stream().collect(Collectors.toSet()));
        Graph sideBySide = Rewriter.apply(kept, rows, List.of(new ConvolutionsSideBySide(dependents, measurement)));
        List<Rewrite> rules = new ArrayList<>(NormRewrites.ALL);
        rules.add(GateRewrite::at);
        return Rewriter.apply(sideBySide, rows, rules);
    }

    /**
     * {@return the operations of a training step}
     *
     * @param measurement of what gradients are measured
     */
    public Graph forTraining(Measurement measurement) {
        return UpsamplingByLoss.apply(joined(measurement), Prediction::mayBeUpsampled);
    }

    /** The operations of inference: those that the tasks' results need. */
    Graph forInference() {
        return forInference;
    }

    /** {@return the operations of inference as they were written down, none joined with another} */
    public Graph forInferenceAsWritten() {
        return written.leadingTo(resultValues());
    }

    /** All operations, joined as far as a step may join them that measures nothing. */
    Graph unmeasured() {
        return unmeasured;
    }

    /**
     * {@return elements from place to place of each value}
     *
     * @param precision of the elements
     */
    public Pitches pitches(Precision precision) {
        return padding.in(precision);
    }

    /**
     * Requires that batch norms have statistics to take, as in training they do.
     *
     * @throws UserException naming one at which a single value a channel arrives
     */
    void requireStatistics() {
        everyBatchNorm().filter(norm -> !norm.statistics().frozen() && norm.input().shape().places() == 1).findFirst()
                .ifPresent(norm -> {
                    throw new UserException(norm.name() + " (batch_norm): what arrives is one pixel of one image; a"
                            + " variance needs at least two: use a larger batch");
                });
    }

    /**
     * Requires that each task's gradient on W can be measured.
     *
     * @param asked   who asks for it, and
     * @param instead what may be done without it, both as parts of the message's sentence
     * @throws UserException where there is no W, or naming a task whose loss does not depend on it
     */
    void requireMeasurable(String asked, String instead) {
        if (shared.isEmpty()) {
            throw new UserException("there is no conv2d, conv_transpose2d or linear layer on whose weight the losses"
                    + " of all"
                    + " tasks depend: the gradients by task, " + asked + ", cannot be measured. Let the tasks share"
                    + " such a layer, or " + instead);
        }
        shared.forEach(measured -> IntStream.range(0, tasks.size()).filter(task ->
                !dependents.of(measured).contains(task)).findFirst().ifPresent(task -> {
                    throw new UserException("the loss of task " + Names.quote(tasks.get(task)) + " does not depend on "
                            + measured.name() + ": the gradients by task, " + asked + ", cannot be measured there. Name"
                            + " another parameter in model.shared, or " + instead);
                }));
    }

    /**
     * Requires that there are parameters on which every task depends.
     *
     * @throws UserException where there are none
     */
    void requireSharedParameters() {
        if (sharedByAll().isEmpty()) {
            throw new UserException("there is no parameter on which the losses of all tasks depend: the gradients by"
                    + " task, which the balancing asks for, cannot be measured. Let the tasks share a layer, or take"
                    + " fixed weights");
        }
    }

    /**
     * Requires that the tasks' gradients can be combined at Z.
     *
     * @throws UserException where there is no Z, or nothing is learned before it, or a parameter is used on both sides
     */
    void requireRepresentation() {
        Value z = representation.orElseThrow(() -> new UserException("the balancing combines the tasks' gradients where"
                + " all paths from the input to the losses meet, and there is no such block; combine the gradients of"
                + " the parameters that all tasks share (\"measure\": \"parameters\"), let the heads read one block, or"
                + " take a rule that weights losses"));
        if (!written.allPathsLeadThrough(z)) {
            throw new UserException("model.representation: not every path from the input to the losses leads through "
                    + z.describe() + ", so that the tasks' gradients cannot be combined there; name a block through"
                    + " which all of them go");
        }
        Graph before = written.leadingTo(List.of(z));
        if (before.parameters().isEmpty()) {
            throw new UserException("nothing is learned before " + z.describe() + ", where the balancing combines the"
                    + " tasks' gradients; let the tasks share layers that learn");
        }
        before.parameters().stream().filter(parameter -> !before.operations().containsAll(written.users(parameter)))
                .findFirst().ifPresent(both -> {
                    throw new UserException(both.name() + " is used before and behind " + z.describe() + ", where the"
                            + " balancing combines the tasks' gradients; it would have two gradients. Untie the blocks,"
                            + " or name another in model.representation");
                });
    }

    /**
     * Requires that there are parameters whose gradients by task can be combined: those before Z, or where no block is
     * that, those that all tasks share.
     *
     * @throws UserException as {@link #requireRepresentation} and {@link #requireSharedParameters}
     */
    void requireUpstream() {
        if (representation.isPresent()) {
            requireRepresentation();
        } else {
            requireSharedParameters();
        }
    }

    /** Z, the value at which rules combine the tasks' gradients. */
    Value representation() {
        return representation.orElseThrow();
    }

    /** The parameters before Z; where no block is that, those on which all tasks depend. */
    List<Parameter> upstream() {
        return representation.map(z -> written.leadingTo(List.of(z)).parameters()).orElseGet(this::sharedByAll);
    }

    /** The parameters on which the losses of all tasks depend. */
    List<Parameter> sharedByAll() {
        return written.parameters().stream().filter(parameter -> dependents.of(parameter).size() == tasks.size())
                .toList();
    }

    /** {@return what the network takes, with its batch} */
    public Shape input() {
        return written.input().shape();
    }

    /** {@return the tasks in order} */
    public List<String> tasks() {
        return tasks;
    }

    private List<Output> results() {
        return IntStream.range(0, tasks.size()).mapToObj(task -> outputs(task).getFirst()).toList();
    }

    private List<Value> resultValues() {
        return results().stream().map(Output::value).toList();
    }

    private List<Output> outputs(int task) {
        return written.outputs().stream().filter(output -> output.task() == task).toList();
    }

    /**
     * {@return what predicts for a task: the first that its loss reads}
     *
     * @param task its number
     */
    public Value output(int task) {
        return outputs(task).getFirst().value();
    }

    /** How many values the loss reads of the task of which it reads most. */
    int mostOutputs() {
        return IntStream.range(0, tasks.size()).map(task -> outputs(task).size()).max().orElseThrow();
    }

    /**
     * {@return what is predicted for a task}
     *
     * @param task its number
     */
    public Shape prediction(int task) {
        return output(task).shape();
    }

    /** {@return GradNorm's W, all of it together; empty where no weight is shared by all tasks and none was named} */
    public List<Parameter> shared() {
        return shared;
    }

    /** {@return the last weight of a convolution or linear layer on which all tasks depend: as W it costs least} */
    public Optional<String> lastWeightOfAll() {
        return written.lastWeightOfAll(tasks.size()).map(Parameter::name);
    }

    /**
     * {@return the values of which a step that measures so keeps more than one cotangent}
     *
     * @param measurement of what gradients are measured
     * @param precision   of the cotangents
     */
    public List<KeptApart> keptApart(Measurement measurement, Precision precision) {
        Graph graph = forTraining(measurement);
        Rows rows = Rows.of(graph, Tasks.of(graph), measurement);
        Pitches pitches = pitches(precision);
        return graph.operations().stream().flatMap(operation -> operation.outputs().stream()
                .filter(value -> rows.kept(value) > 1).map(value -> new KeptApart(operation.name(), value.shape(),
                rows.of(value).tasks().mapToObj(tasks::get).toList(),
                rows.kept(value) * value.shape().places() * pitches.of(value) * precision.bytes()))).toList();
    }

    /**
     * {@return multiplications, each with an addition, of convolutions, products and attention in the forward pass of
     * one example: what papers call multiply-adds, and some of them FLOPs}
     */
    public long multiplyAdds() {
        return written.operations().stream().mapToLong(Operation::multiplyAdds).sum() / input().batch();
    }

    /** {@return every parameter, in the order of the forward pass} */
    public List<Parameter> parameters() {
        return unmeasured.parameters();
    }

    /** {@return the names of parameters and running statistics in order, with their shapes in files} */
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        parameters().forEach(parameter -> shapes.put(parameter.name(), parameter.shape()));
        for (BatchNorm norm : batchNorms()) {
            shapes.put(norm.name() + ".running_mean", new long[] {norm.channels()});
            shapes.put(norm.name() + ".running_var", new long[] {norm.channels()});
        }
        return shapes;
    }

    /** {@return by the name of running statistics, how often a step moves them; files carry their counters, too} */
    public SequencedMap<String, Integer> batchNormUses() {
        SequencedMap<String, Integer> uses = new LinkedHashMap<>();
        everyBatchNorm().map(BatchNorm::statistics).forEach(statistics -> uses.merge(statistics.module(),
                statistics.frozen() ? 0 : 1, Integer::sum));
        return uses;
    }

    /** Those that have running statistics of their own, by whose names files know these. */
    List<BatchNorm> batchNorms() {
        return everyBatchNorm().filter(norm -> norm.statistics().use() == 0).toList();
    }

    Stream<BatchNorm> everyBatchNorm() {
        return unmeasured.operations().stream().filter(BatchNorm.class::isInstance).map(BatchNorm.class::cast);
    }
}
