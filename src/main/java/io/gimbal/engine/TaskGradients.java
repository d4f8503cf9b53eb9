package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tasks' gradients of W, which is one parameter or several together: G [T][P] of each, and the Gram matrix of all. Each
 * G is read once, which leaves a part of that matrix and, as the parameter's gradient, its sum over the tasks.
 */
final class TaskGradients {
    /** For more tasks than the kernel for few takes, there is one that needs more registers. */
    private static final int FEW_TASKS = 4;

    private final ProgramBuilder program;
    private final ModelLayout memory;
    private final int tasks;
    private final Map<Parameter, Region> gradients = new HashMap<>();
    private final Map<Parameter, Integer> firstBlocks = new HashMap<>();
    private final Set<Parameter> written = new HashSet<>();
    private final List<Parameter> parameters;
    private final int blocks;
    private Region partials;

    TaskGradients(ProgramBuilder program, ModelLayout memory, int tasks, List<Parameter> parameters) {
        this.program = program;
        this.memory = memory;
        this.tasks = tasks;
        this.parameters = List.copyOf(parameters);
        int next = 0;
        for (Parameter parameter : parameters) {
            int bytes = low(parameter) ? program.precision().bytes() : Float.BYTES;
            gradients.put(parameter, program.bytes("gradients of W by task", (long) tasks * count(parameter) * bytes));
            firstBlocks.put(parameter, next);
            next += blocks(parameter);
        }
        blocks = next;
    }

    private boolean low(Parameter parameter) {
        return program.precision().low() && parameter.filter();
    }

    private long count(Parameter parameter) {
        return memory.placed(parameter).count();
    }

    private int blocks(Parameter parameter) {
        return ProgramBuilder.reductionBlocks(count(parameter));
    }

    private long partialWords() {
        return tasks * (tasks + 1L) / 2;
    }

    /** G of a parameter, in the elements that its gradient has: what the operation that owns it writes. */
    Region of(Parameter parameter) {
        return gradients.get(parameter);
    }

    /** Whether G of that parameter is there already. */
    boolean has(Parameter parameter) {
        return written.contains(parameter);
    }

    /** Says that G of that parameter is written: reads it. */
    void wrote(Parameter parameter) {
        if (!written.add(parameter)) {
            throw new IllegalStateException("the tasks' gradients of " + parameter + " are written twice");
        }
        if (partials == null) {
            partials = program.floats("partial Gram matrices", blocks * partialWords());
        }
        String kernel = tasks <= FEW_TASKS ? "gram" : "gram_wide";
        program.launch("balance", low(parameter) ? kernel + "_bf16" : kernel, blocks(parameter), of(parameter),
                memory.gradient(parameter), partials.words(firstBlocks.get(parameter) * partialWords()), count(parameter),
                tasks);
    }

    /** The Gram matrix [T, T] of all of them, in double. */
    Region gram() {
        if (!written.containsAll(parameters)) {
            throw new IllegalStateException("the Gram matrix is asked for before all tasks' gradients are there");
        }
        Region gram = program.bytes("Gram matrix", (long) tasks * tasks * Double.BYTES);
        program.launch("balance", "gram_finish", 1, partials, blocks, gram, tasks);
        return gram;
    }
}
