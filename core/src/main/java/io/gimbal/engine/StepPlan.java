package io.gimbal.engine;

import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.device.Precision;
import io.gimbal.graph.Measurement;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What a training step is made of.
 *
 * @param graph        the network, for a batch of its size
 * @param criteria     each task's loss, in the order of {@link NetworkGraph#tasks}
 * @param balancing    how the tasks are kept in step
 * @param optimizer    how the parameters move
 * @param learningRate how fast, from step to step
 * @param precision    of activations, cotangents and factors of products
 * @param measure      whether gradient norms are measured even where the balancing does not need them
 * @param diagnose     whether each step's record has a {@link Diagnosis}; then gradients are measured, too
 * @param seed         what the step's random numbers come from, with its number; all 64 bits count
 * @param epochSteps   how many steps an epoch has, for a rule or a schedule that goes by epochs; 0 where not known
 * @param average      how much of an exponential moving average of the parameters and running statistics a step leaves
 *                     at most, from 0 to below 1; empty where none is kept. With it the average is what inference
 *                     reads, and each accepted step moves it: a = d a + (1 - d) p, d = min(average, (1 + t) / (10 +
 *                     t)), with t the accepted steps before (TensorFlow's ExponentialMovingAverage with num_updates, so
 *                     that the start values do not rule a short training)
 */
public record StepPlan(NetworkGraph graph, List<Criterion> criteria, Balancing balancing, Optimizer optimizer,
        LearningRate learningRate, Precision precision, boolean measure, boolean diagnose, long seed,
        int epochSteps, OptionalDouble average) {
    /** What seeds a step whose description names none. */
    public static final long DEFAULT_SEED = 1;
    private static final String BY_RULE_OR_REPLAY = "which the balancing or a replay asks for";

    /** Refuses what does not belong together. */
    public StepPlan {
        Objects.requireNonNull(graph, "graph is null");
        Objects.requireNonNull(balancing, "balancing is null");
        Objects.requireNonNull(optimizer, "optimizer is null");
        Objects.requireNonNull(learningRate, "learningRate is null");
        Objects.requireNonNull(precision, "precision is null");
        Objects.requireNonNull(average, "average is null");
        average.ifPresent(most -> Range.BELOW_ONE.check("average", most));
        if (average.isPresent()) {
            requireOwnNames(graph);
        }
        criteria = List.copyOf(Objects.requireNonNull(criteria, "criteria is null"));
        if (criteria.size() != graph.tasks().size()) {
            throw new UserException("there are " + criteria.size() + " losses for the tasks "
                    + Names.list(graph.tasks()) + "; each task needs one.");
        }
        graph.requireStatistics();
        balancing.check(graph.tasks());
        ParameterGroup.checked(optimizer.groups(), graph);
        if (epochSteps < 1 && (balancing.countsEpochs() || learningRate.countsEpochs())) {
            throw new UserException("the " + (balancing.countsEpochs() ? "balancing" : "schedule") + " goes by epochs,"
                    + " and how many steps an epoch has is not known: give the trainer's epochSteps");
        }
        switch (balancing.measures()) {
            case REPRESENTATION -> graph.requireRepresentation();
            case UPSTREAM -> graph.requireUpstream();
            case PARAMETERS -> graph.requireSharedParameters();
            case SHARED -> graph.requireMeasurable(BY_RULE_OR_REPLAY, "take fixed weights");
            case NOTHING -> {
                if (measure) {
                    graph.requireMeasurable(BY_RULE_OR_REPLAY, "take fixed weights");
                } else if (diagnose) {
                    graph.requireMeasurable("which balance.diagnose asks for", "leave balance.diagnose out");
                }
            }
        }
    }

    private static void requireOwnNames(NetworkGraph graph) {
        graph.shapes().keySet().stream().filter(name -> graph.shapes().containsKey(StepState.AVERAGE + name))
                .findFirst().ifPresent(name -> {
                    throw new UserException("the network's " + Names.quote(StepState.AVERAGE + name) + " is called "
                            + "what a checkpoint calls the average of its " + Names.quote(name)
                            + "; name the block otherwise, or keep no average.");
                });
    }

    /**
     * A step that is not diagnosed and keeps no average.
     *
     * @param graph        the network, for a batch of its size
     * @param criteria     each task's loss, in the order of {@link NetworkGraph#tasks}
     * @param balancing    how the tasks are kept in step
     * @param optimizer    how the parameters move
     * @param learningRate how fast, from step to step
     * @param precision    of activations, cotangents and factors of products
     * @param measure      whether gradient norms are measured even where the balancing does not need them
     * @param seed         what the step's random numbers come from, with its number
     * @param epochSteps   how many steps an epoch has; 0 where not known
     */
    public StepPlan(NetworkGraph graph, List<Criterion> criteria, Balancing balancing, Optimizer optimizer,
            LearningRate learningRate, Precision precision, boolean measure, long seed, int epochSteps) {
        this(graph, criteria, balancing, optimizer, learningRate, precision, measure, false, seed, epochSteps,
                OptionalDouble.empty());
    }

    /**
     * For balancing and a schedule that do not go by epochs, with the seed {@value #DEFAULT_SEED}.
     *
     * @param graph        the network, for a batch of its size
     * @param criteria     each task's loss, in the order of {@link NetworkGraph#tasks}
     * @param balancing    how the tasks are kept in step
     * @param optimizer    how the parameters move
     * @param learningRate how fast, from step to step
     * @param precision    of activations, cotangents and factors of products
     * @param measure      whether gradient norms are measured even where the balancing does not need them
     */
    public StepPlan(NetworkGraph graph, List<Criterion> criteria, Balancing balancing, Optimizer optimizer,
            LearningRate learningRate, Precision precision, boolean measure) {
        this(graph, criteria, balancing, optimizer, learningRate, precision, measure, DEFAULT_SEED, 0);
    }

    /** {@return what the balancing is put to} */
    public Balancing.Setting setting() {
        return new Balancing.Setting(graph.tasks(), criteria, epochSteps);
    }

    /** {@return whether the tasks' gradients are measured} */
    public boolean measures() {
        return measure || diagnose || balancing.measures() != Balancing.Measured.NOTHING;
    }

    /**
     * {@return whether the tasks' gradients are measured in the step of that number, from 0}
     *
     * @param step from 0
     */
    public boolean measuresIn(long step) {
        return measures() && (!rests() || balancing.measuresIn(step));
    }

    /** Whether there are steps in which the tasks' gradients are not measured, though in others they are. */
    boolean rests() {
        return !measure && !diagnose && balancing.rests();
    }

    /** {@return of what the tasks' gradients are measured} */
    public Measurement measurement() {
        return switch (balancing.measures()) {
            case NOTHING -> measures() ? ofShared() : new Measurement.Nothing();
            case SHARED -> ofShared();
            case PARAMETERS -> new Measurement.OfParameters(Set.copyOf(graph.sharedByAll()));
            case REPRESENTATION -> new Measurement.OfValue(graph.representation());
            case UPSTREAM -> new Measurement.OfParameters(Set.copyOf(graph.upstream()));
        };
    }

    private Measurement ofShared() {
        return new Measurement.OfParameters(Set.copyOf(graph.shared()));
    }
}
