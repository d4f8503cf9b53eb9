package io.gimbal.engine;

import io.gimbal.graph.Graph;
import io.gimbal.graph.MeasuredGradients;
import io.gimbal.graph.Measurement;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.TaskSet;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tasks' gradients of W, which is one parameter or several together: G [T][P] of each, and the Gram matrix of all.
 * Each G is read once, which leaves a part of that matrix and, as the parameter's gradient, its sum over the tasks; or
 * it is read once more where a rule combines the tasks' gradients by coefficients that follow from the matrix.
 */
final class TaskGradients implements MeasuredGradients {
    private final ProgramBuilder program;
    private final ModelLayout memory;
    private final GradientTensors tensors;
    private final TaskSet tasks;
    private final Map<Parameter, Gathered> gathered = new LinkedHashMap<>();
    private final GramMatrix gram;
    private final boolean summed;

    /** G of one parameter while the operations that use it hand in their parts. */
    private static final class Gathered {
        private final Region rows;
        private final int firstBlock;
        private int expected;
        private TaskSet filled = TaskSet.NONE;

        Gathered(Region rows, int firstBlock, int expected) {
            this.rows = rows;
            this.firstBlock = firstBlock;
            this.expected = expected;
        }
    }

    /** @param summed whether a parameter's gradient is the sum of the tasks'; otherwise {@link #combine} makes it */
    TaskGradients(ProgramBuilder program, ModelLayout memory, int tasks, Graph graph, Measurement measured,
            boolean summed) {
        this.program = program;
        this.memory = memory;
        this.tensors = new GradientTensors(program, memory);
        this.tasks = TaskSet.all(tasks);
        int next = 0;
        for (Parameter parameter : graph.parameters().stream().filter(measured::of).toList()) {
            gathered.put(parameter, new Gathered(tensors.fresh("gradients of W by task", parameter, tasks), next,
                    graph.users(parameter).size()));
            next += blocks(parameter);
        }
        gram = new GramMatrix(program, tasks, next);
        this.summed = summed;
    }

    private int blocks(Parameter parameter) {
        return GramMatrix.blocks(tensors.count(parameter));
    }

    @Override
    public Region target(Parameter parameter, TaskSet rows) {
        Gathered all = gathered.get(parameter);
        return rows.equals(tasks) && all.filled.isEmpty() ? all.rows
                : tensors.fresh("parts of gradients of W by task", parameter, rows.size());
    }

    @Override
    public boolean has(Parameter parameter) {
        return gathered.get(parameter).expected == 0;
    }

    @Override
    public void give(Parameter parameter, TaskSet rows, Region part) {
        Gathered all = gathered.get(parameter);
        if (all.expected-- == 0) {
            throw new IllegalStateException("the tasks' gradients of " + parameter + " are written once too often");
        }
        if (part.buffer() != all.rows.buffer()) {
            rows.tasks().forEach(task -> giveRow(parameter, all, task, tensors.row(parameter, part, rows.row(task))));
        }
        all.filled = all.filled.with(rows);
        if (all.expected == 0) {
            read(parameter, all);
        }
    }

    private void giveRow(Parameter parameter, Gathered all, int task, Region part) {
        Region row = tensors.row(parameter, all.rows, task);
        if (all.filled.contains(task)) {
            tensors.add(parameter, row, part);
        } else {
            tensors.copy(parameter, part, row);
        }
    }

    private void read(Parameter parameter, Gathered all) {
        if (!all.filled.equals(tasks)) {
            throw new IllegalStateException("not every task has given its gradient of " + parameter);
        }
        // The norm is that of the whole batch's gradient, which is the sum of the ranks'.
        program.sumOverRanks(all.rows, tasks.size() * tensors.count(parameter), tensors.element(parameter));
        gram.add(tensors.low(parameter), all.rows, summed ? Optional.of(memory.gradient(parameter)) : Optional.empty(),
                tensors.count(parameter), all.firstBlock);
    }

    /** Whether anything is measured of parameters. */
    boolean any() {
        return !gathered.isEmpty();
    }

    /** The Gram matrix [T, T] of all of them, in double. */
    Region gram() {
        List<Parameter> missing = gathered.keySet().stream().filter(parameter -> !has(parameter)).toList();
        if (!missing.isEmpty()) {
            throw new IllegalStateException("the Gram matrix is asked for before the tasks' gradients of " + missing
                    + " are there");
        }
        return gram.finish();
    }

    /**
     * Writes each parameter's gradient.
     *
     * @param coefficients doubles [T], by which the tasks' gradients are added up
     */
    void combine(Region coefficients) {
        gathered.forEach((parameter, all) -> tensors.combine(parameter, all.rows, tasks.size(), coefficients));
    }
}
