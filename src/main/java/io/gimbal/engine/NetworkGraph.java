package io.gimbal.engine;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network of one batch size, as operations in the order of their forward pass: the trunk that all tasks share, then a
 * head a task. Immutable once built, but for the places that {@link ModelLayout} gives its parameters.
 */
public final class NetworkGraph {
    /** As many tasks as the kernels of the balancing take. */
    public static final int MOST_TASKS = 32;

    private final Value input;
    private final List<Operation> operations;
    /** Why the tasks' norms on W cannot be measured; empty where they can. */
    private final Optional<String> immeasurable;
    private final List<Operation> trainingOperations;
    private final List<String> tasks;
    private final Value trunkOutput;
    private final List<Value> outputs;
    private final Parameter shared;
    private final Optional<WideHeads> wideHeads;

    NetworkGraph(Value input, List<Operation> operations, List<String> tasks, Value trunkOutput, List<Value> outputs,
            Parameter shared) {
        outputs.forEach(Value::predict);
        this.input = input;
        this.tasks = List.copyOf(tasks);
        this.trunkOutput = trunkOutput;
        this.outputs = List.copyOf(outputs);
        this.shared = shared;
        stackBehindShared(operations);
        immeasurable = operations.stream().flatMap(operation -> misreading(operation).stream()).findFirst();
        padForTensorCores();
        wideHeads = WideHeads.of(operations, trunkOutput, tasks.size(), shared);
        this.operations = Fusion.of(wideHeads.map(wide -> withWide(operations, wide)).orElse(operations));
        List<Operation> byLosses = outputs.stream().<Operation>mapMulti((output, upsamples) ->
                upsampledByLoss(output).ifPresent(upsamples)).toList();
        trainingOperations = this.operations.stream().filter(operation -> !byLosses.contains(operation)).toList();
    }

    /** Images and logits get more channels in bf16, where convolutions, upsampling and losses alone look at them. */
    private void padForTensorCores() {
        if (!input.consumers().isEmpty() && input.consumers().stream().allMatch(Convolution.class::isInstance)) {
            input.pad();
        }
        for (Value output : outputs) {
            List<Value> tail = new ArrayList<>(List.of(output));
            Value value = output;
            while (value.producer() instanceof Upsample upsample && upsample.input().readOnlyBy(upsample)) {
                value = upsample.input();
                tail.add(value);
            }
            boolean ofHead = output.consumers().isEmpty() && value.task() != Value.TRUNK;
            if (ofHead && value.producer() instanceof Convolution) {
                tail.forEach(Value::pad);
            }
        }
    }

    /** The heads' first convolutions are one operation before all others of the heads. */
    private static List<Operation> withWide(List<Operation> operations, WideHeads wide) {
        List<Operation> replaced = new ArrayList<>(operations);
        replaced.add(replaced.indexOf(wide.heads().getFirst()), wide);
        replaced.removeAll(wide.heads());
        return replaced;
    }

    /** The heads' first convolutions, where they run as one. */
    Optional<WideHeads> wideHeads() {
        return wideHeads;
    }

    private void stackBehindShared(List<Operation> operations) {
        for (Operation operation : operations) {
            boolean behind = operation.parameters().contains(shared)
                    || operation.inputs().stream().anyMatch(Value::stacked);
            if (behind && operation.output().task() == Value.TRUNK) {
                operation.output().stack();
            }
        }
    }

    /**
     * Requires that each task's gradient on W can be measured: behind W, heads read the trunk's output alone.
     *
     * @throws UserException naming the operation that reads something else, and what
     */
    void requireMeasurable() {
        immeasurable.ifPresent(reason -> {
            throw new UserException(reason + ": the gradient norms by task, which the balancing or a replay asks for,"
                    + " cannot be measured then. Let each head read the trunk's output and its own values alone, or"
                    + " take fixed weights");
        });
    }

    /** What an operation of a head reads behind W besides the trunk's output and its own head's values. */
    private Optional<String> misreading(Operation operation) {
        int head = operation.output().task();
        if (head == Value.TRUNK) {
            return Optional.empty();
        }
        String start = operation.name() + ", in the head of task " + Names.quote(tasks.get(head)) + ", reads ";
        for (Value value : operation.inputs()) {
            boolean ofTrunk = value.task() == Value.TRUNK;
            if (!ofTrunk && value.task() != head) {
                return Optional.of(start + value.describe() + ", which is of the head of task "
                        + Names.quote(tasks.get(value.task())));
            }
            if (ofTrunk && value.stacked() && value != trunkOutput) {
                return Optional.of(start + value.describe() + ", which lies behind the shared weight " + shared.name()
                        + " and is not the trunk's output");
            }
        }
        return Optional.empty();
    }

    public Shape input() {
        return input.shape();
    }

    Value inputValue() {
        return input;
    }

    List<Operation> operations() {
        return operations;
    }

    /** The operations of a training step: those whose work a loss does are left out. */
    List<Operation> trainingOperations() {
        return trainingOperations;
    }

    /** The upsampling at a head's end, where the loss does it in the same pass. */
    private Optional<Upsample> upsampledByLoss(Value output) {
        return output.producer() instanceof Upsample upsample && upsample.bilinear() && output.consumers().isEmpty()
                && upsample.input().task() != Value.TRUNK && upsample.input().readOnlyBy(upsample)
                && Prediction.mayBeUpsampled(upsample.scale(), output.shape().channels())
                ? Optional.of(upsample) : Optional.empty();
    }

    /** What a task's loss reads in training: the prediction, or what upsampling would make one of. */
    Value logits(int task) {
        return upsampledByLoss(outputs.get(task)).map(Operation::input).orElse(outputs.get(task));
    }

    /** By how much a task's loss upsamples; 1 where it does not. */
    int lossScale(int task) {
        return upsampledByLoss(outputs.get(task)).map(Upsample::scale).orElse(1);
    }

    /** The tasks in order. */
    public List<String> tasks() {
        return tasks;
    }

    Value trunkOutput() {
        return trunkOutput;
    }

    /** The shape that leaves the trunk. */
    public Shape trunkShape() {
        return trunkOutput.shape();
    }

    Value output(int task) {
        return outputs.get(task);
    }

    /** What a task's head predicts. */
    public Shape prediction(int task) {
        return outputs.get(task).shape();
    }

    /** GradNorm's W. */
    public Parameter shared() {
        return shared;
    }

    /** Every parameter, in the order of the forward pass. */
    public List<Parameter> parameters() {
        return operations.stream().flatMap(operation -> operation.parameters().stream()).toList();
    }

    /** The names of parameters and running statistics in order, with their shapes in files. */
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        parameters().forEach(parameter -> shapes.put(parameter.name(), parameter.shape()));
        for (BatchNorm norm : batchNorms()) {
            shapes.put(norm.name() + ".running_mean", new long[] {norm.channels()});
            shapes.put(norm.name() + ".running_var", new long[] {norm.channels()});
        }
        return shapes;
    }

    /** The names of the batch norms, whose counters files carry too. */
    public List<String> batchNormNames() {
        return batchNorms().stream().map(Operation::name).toList();
    }

    List<BatchNorm> batchNorms() {
        return operations.stream().filter(BatchNorm.class::isInstance).map(BatchNorm.class::cast).toList();
    }
}
