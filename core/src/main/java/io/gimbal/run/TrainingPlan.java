package io.gimbal.run;

import io.gimbal.balance.BalancingReader;
import io.gimbal.balance.FixedWeights;
import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.device.Precision;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.StepPlan;
import io.gimbal.graph.Parameter;
import io.gimbal.loss.LossReader;
import io.gimbal.loss.TaskSpec;
import io.gimbal.model.Network;
import io.gimbal.model.NetworkReader;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.OptimizerReader;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.TrainingOptimizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a case and a training configuration have in common: the network, its tasks, the balancing, the optimiser and the
 * precision and the seed.
 *
 * @param diagnose whether a training's steps are diagnosed
 * @param average  which average of the parameters is kept, as {@link StepPlan} has it
 */
public record TrainingPlan(Network network, List<TaskSpec> tasks, Balancing balancing, boolean diagnose,
        TrainingOptimizer optimizer, OptionalDouble average, Precision precision, long seed) {
    /** What a step costs does not depend on how long an epoch is. */
    private static final int ANY_EPOCH = 1;

    /**
     * Reads {@code model}, {@code tasks}, {@code balance}, {@code optimizer}, {@code precision} and {@code seed}.
     */
    public static TrainingPlan read(Config config) {
        Network network = NetworkReader.read(config.object("model"), config.find("tasks"));
        List<TaskSpec> tasks = tasks(config, network);
        Balancing balancing = config.find("balance").map(balance -> BalancingReader.read(balance, network.tasks()))
                .orElseGet(FixedWeights::equal);
        boolean diagnose = config.find("balance").filter(BalancingReader::diagnose).isPresent();
        TrainingOptimizer optimizer = config.find("optimizer").map(spec -> OptimizerReader.read(spec,
                network.graph(2))).orElseGet(() -> Adam.withRate(1e-3));
        OptionalDouble average = config.find("optimizer").map(OptimizerReader::average)
                .orElseGet(OptionalDouble::empty);
        List<String> precisions = Arrays.stream(Precision.values()).map(Precision::text).toList();
        Precision precision = Precision.named(config.choice("precision", precisions, Precision.FLOAT32.text()))
                .orElseThrow();
        return new TrainingPlan(network, tasks, balancing, diagnose, optimizer, average, precision,
                config.longInteger("seed", StepPlan.DEFAULT_SEED));
    }

    /**
     * The step that it asks for, at the optimiser's own rate, to be planned or timed: an epoch has one step.
     *
     * @param batch     examples a step
     * @param rule      the balancing; its own is {@link #balancing}, and only with that very one steps are diagnosed
     * @param elements  the precision; its own is {@link #precision}
     */
    public StepPlan step(int batch, Balancing rule, Precision elements) {
        return new StepPlan(network.graph(batch), List.copyOf(tasks.stream().map(TaskSpec::loss).toList()), rule,
                optimizer, Schedule.constant(optimizer.rate()), elements, false,
                diagnose && rule == balancing, seed, ANY_EPOCH, average);
    }

    /** The same with that parameter as GradNorm's W. */
    public TrainingPlan shared(String parameter) {
        return new TrainingPlan(network.shared(parameter), tasks, balancing, diagnose, optimizer, average,
                precision, seed);
    }

    /** The parameter that would be W if it lay as late as it can; empty where it does, or nothing is measured. */
    public Optional<String> laterW(int batch) {
        NetworkGraph graph = network.graph(batch);
        return graph.lastWeightOfAll().filter(last -> balancing.measures() == Balancing.Measured.SHARED
                && !graph.shared().stream().map(Parameter::name).toList().equals(List.of(last)));
    }

    private static List<TaskSpec> tasks(Config config, Network network) {
        if (network.tasks().isEmpty()) {
            Config model = config.object("model");
            throw model.error(model.has("blocks") ? "outputs" : "heads", "is empty; a network needs at least one task");
        }
        Config specs = config.object("tasks");
        specs.allow(network.tasks());
        if (network.tasks().size() > NetworkGraph.MOST_TASKS) {
            throw specs.error("has " + network.tasks().size() + " tasks; at most " + NetworkGraph.MOST_TASKS);
        }
        NetworkGraph graph = network.graph(2);
        List<TaskSpec> tasks = new ArrayList<>();
        for (int i = 0; i < network.tasks().size(); i++) {
            String task = network.tasks().get(i);
            if (!specs.has(task)) {
                throw specs.error("has no " + Names.quote(task)
                        + ", for which the model predicts; each prediction needs its task");
            }
            Config spec = specs.object(task);
            tasks.add(new TaskSpec(task, LossReader.read(spec, graph.prediction(i).channels()),
                    spec.name("target", task)));
        }
        return tasks;
    }
}
