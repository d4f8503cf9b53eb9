package io.gimbal.engine;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.device.Precision;
import io.gimbal.graph.Measurement;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a training step is made of.
 *
 * @param criteria each task's loss, in the order of {@link NetworkGraph#tasks}
 * @param measure  whether gradient norms are measured even where the balancing does not need them
 * @param diagnose whether each step's record has a {@link Diagnosis}; then gradients are measured, too
 * @param seed     what the step's random numbers come from, with its number; all 64 bits count
 * @param epochSteps how many steps an epoch has, for balancing that goes by epochs; 0 where that is not known
 */
public record StepPlan(NetworkGraph graph, List<Criterion> criteria, Balancing balancing, Optimizer optimizer,
        LearningRate learningRate, Precision precision, boolean measure, boolean diagnose, long seed,
        int epochSteps) {
    /** What seeds a step whose description names none. */
    public static final long DEFAULT_SEED = 1;
    private static final String BY_RULE_OR_REPLAY = "which the balancing or a replay asks for";

    public StepPlan {
        Objects.requireNonNull(graph, "graph is null");
        Objects.requireNonNull(balancing, "balancing is null");
        Objects.requireNonNull(optimizer, "optimizer is null");
        Objects.requireNonNull(learningRate, "learningRate is null");
        Objects.requireNonNull(precision, "precision is null");
        criteria = List.copyOf(Objects.requireNonNull(criteria, "criteria is null"));
        if (criteria.size() != graph.tasks().size()) {
            throw new UserException("there are " + criteria.size() + " losses for the tasks "
                    + Names.list(graph.tasks()) + "; each task needs one.");
        }
        balancing.check(graph.tasks());
        ParameterGroup.checked(optimizer.groups(), graph);
        if (balancing.countsEpochs() && epochSteps < 1) {
            throw new UserException("the balancing goes by epochs, and how many steps an epoch has is not known: give"
                    + " the trainer's epochSteps");
        }
        switch (balancing.measures()) {
            case REPRESENTATION, UPSTREAM -> graph.requireRepresentation();
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

    /** A step that is not diagnosed. */
    public StepPlan(NetworkGraph graph, List<Criterion> criteria, Balancing balancing, Optimizer optimizer,
            LearningRate learningRate, Precision precision, boolean measure, long seed, int epochSteps) {
        this(graph, criteria, balancing, optimizer, learningRate, precision, measure, false, seed, epochSteps);
    }

    /** For balancing that does not go by epochs, with the seed {@value #DEFAULT_SEED}. */
    public StepPlan(NetworkGraph graph, List<Criterion> criteria, Balancing balancing, Optimizer optimizer,
            LearningRate learningRate, Precision precision, boolean measure) {
        this(graph, criteria, balancing, optimizer, learningRate, precision, measure, DEFAULT_SEED, 0);
    }

    /** What the balancing is put to. */
    public Balancing.Setting setting() {
        return new Balancing.Setting(graph.tasks(), criteria, epochSteps);
    }

    /** Whether the tasks' gradients are measured. */
    public boolean measures() {
        return measure || diagnose || balancing.measures() != Balancing.Measured.NOTHING;
    }

    /** Whether the tasks' gradients are measured in the step of that number, from 0. */
    public boolean measuresIn(long step) {
        return measures() && (!rests() || balancing.measuresIn(step));
    }

    /** Whether there are steps in which the tasks' gradients are not measured, though in others they are. */
    boolean rests() {
        return !measure && !diagnose && balancing.rests();
    }

    /** Of what the tasks' gradients are measured. */
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
