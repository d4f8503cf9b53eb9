package io.gimbal.dnn;

import static io.gimbal.cuda.DnnNames.*;

import io.gimbal.cuda.AllocationFailedException;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.UnsupportedGraphException;
import io.gimbal.device.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The engine configurations that cuDNN's heuristics A, B and fallback offer for one convolution, in that order, each
 * once, those that the precision forbids left out. Owns the descriptors until it is closed; plans made from it live on.
 */
final class EngineCandidates implements AutoCloseable {
    private static final int[] MODES = {HEUR_MODE_A, HEUR_MODE_B, HEUR_MODE_FALLBACK};
    private static final int MOST_NOTES = 16;

    private record Candidate(long configuration, List<NumericalNote> notes) {}

    private final Dnn dnn;
    private final PlanningTarget target;
    private final Descriptors made;
    private final Map<EngineChoice, Candidate> candidates = new LinkedHashMap<>();
    private final List<String> refusals = new ArrayList<>();
    private CudaException failure;

    /** Asks the heuristics. A graph that cuDNN does not take has no candidates; {@link #refusals} says why. */
    EngineCandidates(Dnn dnn, Precision precision, PlanningTarget target, ConvolutionDirection direction,
            ConvolutionGeometry geometry) {
        this.dnn = dnn;
        this.target = target;
        this.made = new Descriptors(dnn);
        try {
            long graph = ConvolutionGraph.build(dnn, made, precision, target, direction, geometry);
            for (int mode : MODES) {
                ask(graph, mode, precision);
            }
        } catch (UnsupportedGraphException refused) {
            refusals.add(refused.getMessage());
        } catch (RuntimeException failure) {
            made.close();
            throw failure;
        }
    }

    private void ask(long graph, int mode, Precision precision) {
        long heuristics = made.create(ENGINEHEUR_DESCRIPTOR);
        dnn.setAttribute(heuristics, ENGINEHEUR_OPERATION_GRAPH, TYPE_BACKEND_DESCRIPTOR, graph);
        dnn.setAttribute(heuristics, ENGINEHEUR_MODE, TYPE_HEUR_MODE, mode);
        target.ofHeuristics(dnn, heuristics);
        try {
            dnn.finalizeDescriptor(heuristics);
        } catch (UnsupportedGraphException refused) {
            refusals.add(refused.getMessage());
            return;
        }
        long count = dnn.attributeCount(heuristics, ENGINEHEUR_RESULTS, TYPE_BACKEND_DESCRIPTOR);
        for (long configuration : children(heuristics, ENGINEHEUR_RESULTS, ENGINECFG_DESCRIPTOR, count)) {
            long engine = made.create(ENGINE_DESCRIPTOR);
            dnn.attributeDescriptors(configuration, ENGINECFG_ENGINE, engine);
            Optional<List<NumericalNote>> notes = notes(engine);
            if (notes.isPresent() && NumericalNote.allowed(precision, notes.get())) {
                candidates.putIfAbsent(choice(configuration, engine), new Candidate(configuration, notes.get()));
            }
        }
    }

    /** Empty where the engine has a note that is not known here: there is no telling what it does. */
    private Optional<List<NumericalNote>> notes(long engine) {
        List<NumericalNote> notes = new ArrayList<>();
        for (int number : dnn.attributeInts(engine, ENGINE_NUMERICAL_NOTE, TYPE_NUMERICAL_NOTE, MOST_NOTES)) {
            Optional<NumericalNote> note = NumericalNote.of(number);
            if (note.isEmpty()) {
                return Optional.empty();
            }
            notes.add(note.get());
        }
        return Optional.of(List.copyOf(notes));
    }

    private EngineChoice choice(long configuration, long engine) {
        TreeMap<Integer, Long> knobs = new TreeMap<>();
        // Of its choices an engine's configuration tells no count; the engine has one knob for each.
        long most = dnn.attributeCount(engine, ENGINE_KNOB_INFO, TYPE_BACKEND_DESCRIPTOR);
        for (long knob : children(configuration, ENGINECFG_KNOB_CHOICES, KNOB_CHOICE_DESCRIPTOR, most)) {
            knobs.put(dnn.attributeInts(knob, KNOB_CHOICE_KNOB_TYPE, TYPE_KNOB_TYPE, 1)[0],
                    dnn.attributeLongs(knob, KNOB_CHOICE_KNOB_VALUE, TYPE_INT64, 1)[0]);
        }
        return new EngineChoice(dnn.attributeLongs(engine, ENGINE_GLOBAL_INDEX, TYPE_INT64, 1)[0], knobs);
    }

    private long[] children(long parent, int attribute, int type, long most) {
        long[] into = new long[Math.toIntExact(most)];
        if (into.length == 0) {
            return into;
        }
        Arrays.setAll(into, unused -> made.create(type));
        return Arrays.copyOf(into, dnn.attributeDescriptors(parent, attribute, into));
    }

    /** The engines in the heuristics' order. */
    List<EngineChoice> choices() {
        return List.copyOf(candidates.keySet());
    }

    /**
     * Makes the plan of an engine. The caller destroys its descriptor.
     *
     * @return empty where cuDNN says that it cannot run it after all, it needs more workspace, or it is none of the
     *         candidates
     * @throws CudaException where cuDNN fails at it otherwise, which is no answer about the engine
     */
    Optional<ConvolutionPlan> plan(EngineChoice choice, long mostWorkspaceBytes) {
        Candidate candidate = candidates.get(choice);
        if (candidate == null) {
            return Optional.empty();
        }
        long plan = dnn.createDescriptor(EXECUTION_PLAN_DESCRIPTOR);
        try {
            target.ofPlan(dnn, plan);
            dnn.setAttribute(plan, EXECUTION_PLAN_ENGINE_CONFIG, TYPE_BACKEND_DESCRIPTOR, candidate.configuration);
            dnn.finalizeDescriptor(plan);
            long workspace = dnn.attributeLongs(plan, EXECUTION_PLAN_WORKSPACE_SIZE, TYPE_INT64, 1)[0];
            if (workspace <= mostWorkspaceBytes) {
                return Optional.of(new ConvolutionPlan(plan, workspace, choice, candidate.notes, candidates.size()));
            }
            refusals.add("%s wants a workspace of %d MiB, of which at most %d are allowed".formatted(
                    choice.describe(), workspace >> 20, mostWorkspaceBytes >> 20));
        } catch (UnsupportedGraphException refused) {
            refusals.add(choice.describe() + ": " + refused.getMessage());
        } catch (RuntimeException failure) {
            dnn.destroyDescriptor(plan);
            throw failure;
        }
        dnn.destroyDescriptor(plan);
        return Optional.empty();
    }

    /**
     * The plans that can be had and need at most that workspace, in the heuristics' order, each made when the stream
     * comes to it. The caller destroys them. What cuDNN fails at is passed over: {@link #failure} has it then.
     */
    Stream<ConvolutionPlan> plans(long mostWorkspaceBytes) {
        return candidates.keySet().stream().flatMap(choice -> {
            try {
                return plan(choice, mostWorkspaceBytes).stream();
            } catch (CudaException failed) {
                // Whatever one engine fails at (some compile their code now), another may do.
                if (failure == null || failed instanceof AllocationFailedException) {
                    failure = failed;
                }
                return Stream.empty();
            }
        });
    }

    /**
     * What cuDNN failed at while {@link #plans} were made, where it was not that it does not support something: for
     * want of memory before all else. Null if there was nothing.
     */
    CudaException failure() {
        return failure;
    }

    /** What to throw where none of the plans can be had; {@code convolution} in words. */
    RuntimeException none(String convolution) {
        return failure != null ? failure : new IllegalStateException("cuDNN has no engine for the convolution "
                + convolution + " that sums in float32 and in a fixed order: " + refusals());
    }

    /** Why engines that cuDNN knows of cannot be had, in its own words. */
    String refusals() {
        return refusals.isEmpty() ? "its heuristics offer none that may be used" : String.join("; ", refusals);
    }

    @Override
    public void close() {
        made.close();
    }
}
