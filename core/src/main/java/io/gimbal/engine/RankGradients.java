package io.gimbal.engine;

import io.gimbal.graph.Graph;
import io.gimbal.graph.Measurement;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.program.Exchanged;
import io.gimbal.program.ProgramBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The ranks' gradients of the parameters added up, in buckets, while the backward pass goes on: those that the last
 * operations leave first. What is measured has its sum over the ranks already, from the tasks' gradients.
 */
final class RankGradients {
    /**
     * Of a bucket: so few that much of the backward pass is left to hide behind, so many that the time is the bytes'
     * and not the launch's.
     */
    static final long BUCKET_BYTES = 8L << 20;

    private final ProgramBuilder program;
    private final GradientTensors tensors;
    private final ModelLayout memory;
    private final Map<Parameter, Integer> uses = new HashMap<>();
    private final List<Exchanged> bucket = new ArrayList<>();
    private long bytes;

    RankGradients(ProgramBuilder program, Graph graph, GradientTensors tensors, ModelLayout memory,
            Measurement measured) {
        this.program = program;
        this.tensors = tensors;
        this.memory = memory;
        graph.parameters().stream().filter(parameter -> !measured.of(parameter)).forEach(parameter ->
                uses.put(parameter, graph.users(parameter).size()));
    }

    /** The operation has left its parts of its parameters' gradients. */
    void done(Operation operation) {
        for (Parameter parameter : operation.parameters()) {
            if (uses.computeIfPresent(parameter, (_, left) -> left - 1) instanceof Integer left && left == 0) {
                add(parameter);
            }
        }
    }

    private void add(Parameter parameter) {
        Exchanged gradient = new Exchanged(memory.gradient(parameter), tensors.count(parameter),
                tensors.element(parameter));
        bucket.add(gradient);
        bytes += gradient.bytes();
        if (bytes >= BUCKET_BYTES) {
            rest();
        }
    }

    /** What is left is a bucket, however small. */
    void rest() {
        program.sumOverRanksBeside(joined());
        bucket.clear();
        bytes = 0;
    }

    /** The bucket, with what lies side by side in memory as one: the words between parameters are zeros. */
    private List<Exchanged> joined() {
        List<Exchanged> joined = new ArrayList<>();
        bucket.sort(Comparator.comparingLong(each -> each.region().offset()));
        for (Exchanged next : bucket) {
            OptionalInt at = IntStream.range(0, joined.size()).filter(i -> liesBehind(joined.get(i), next)).findFirst();
            if (at.isPresent()) {
                joined.set(at.getAsInt(), with(joined.get(at.getAsInt()), next));
            } else {
                joined.add(next);
            }
        }
        return joined;
    }

    private static boolean liesBehind(Exchanged first, Exchanged next) {
        long words = ModelLayout.roundUp(first.count());
        return first.region().buffer() == next.region().buffer()
                && first.region().offset() + words * first.element().bytes() == next.region().offset();
    }

    private static Exchanged with(Exchanged first, Exchanged next) {
        return new Exchanged(first.region(), ModelLayout.roundUp(first.count()) + next.count(), first.element());
    }
}
