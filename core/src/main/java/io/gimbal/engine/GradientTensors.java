package io.gimbal.engine;

import io.gimbal.cuda.Collectives.Element;
import io.gimbal.graph.Parameter;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;

/** Gradients of parameters as tensors: those of filters are in the program's elements, all others in float32. */
final class GradientTensors {
    private final ProgramBuilder program;
    private final ModelLayout memory;

    GradientTensors(ProgramBuilder program, ModelLayout memory) {
        this.program = program;
        this.memory = memory;
    }

    /** Values that a parameter has in memory. */
    long count(Parameter parameter) {
        return memory.placed(parameter).count();
    }

    /** Room for so many gradients of a parameter. */
    Region fresh(String name, Parameter parameter, int rows) {
        long values = rows * count(parameter);
        return parameter.filter() ? program.elements(name, values) : program.floats(name, values);
    }

    /** The gradient in that row of several. */
    Region row(Parameter parameter, Region rows, int row) {
        long from = row * count(parameter);
        return parameter.filter() ? program.element(rows, from) : rows.words(from);
    }

    /** What the parameter's gradient is made of. */
    Element element(Parameter parameter) {
        return low(parameter) ? Element.BF16 : Element.FLOAT32;
    }

    /** Whether the parameter's gradient is in bf16. */
    boolean low(Parameter parameter) {
        return program.precision().low() && parameter.filter();
    }

    private String kernel(Parameter parameter, String name) {
        return low(parameter) ? name + "_bf16" : name;
    }

    /** Writes the parameter's gradient from the tasks', [T][values], by coefficients, doubles [T]. */
    void combine(Parameter parameter, Region rows, int tasks, Region coefficients) {
        long count = count(parameter);
        program.launch("elementwise", kernel(parameter, "combine_tasks"), ProgramBuilder.blocks(count), rows,
                memory.gradient(parameter), count, 1, tasks, count, 1L, 1L, coefficients);
    }

    /** Adds a gradient of the parameter to another. */
    void add(Parameter parameter, Region to, Region part) {
        long count = count(parameter);
        program.launch("elementwise", kernel(parameter, "add"), ProgramBuilder.blocks(count), to, part, to, count);
    }

    /** Copies a gradient of the parameter. */
    void copy(Parameter parameter, Region from, Region to) {
        long count = count(parameter);
        program.launch("elementwise", kernel(parameter, "sum_tasks"), ProgramBuilder.blocks(count), from, to, count, 1,
                1, 0L, 1L, 1L);
    }
}
