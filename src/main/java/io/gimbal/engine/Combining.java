package io.gimbal.engine;

import io.gimbal.engine.Balancing.BalanceMemory;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.Optional;

/** Makes one of the tasks' gradients, in the middle of the backward pass, as a rule has it. */
final class Combining {
    private final ProgramBuilder program;
    private final Balancing rule;
    private final Balancing.Setting setting;
    private final BalanceMemory memory;
    private final int tasks;

    Combining(ProgramBuilder program, Balancing rule, Balancing.Setting setting, BalanceMemory memory) {
        this.program = program;
        this.rule = rule;
        this.setting = setting;
        this.memory = memory;
        tasks = setting.tasks().size();
    }

    /** One cotangent of a value, and the Gram matrix of the tasks', doubles [T][T]. */
    record Combined(Region cotangent, Region gram) {}

    /**
     * The coefficients of the tasks' gradients, doubles [T].
     *
     * @param gram their Gram matrix
     */
    Region coefficients(Region gram) {
        rule.solve(program, setting, memory.withGram(gram));
        return memory.used();
    }

    /**
     * What goes on behind a value.
     *
     * @param rows the tasks' cotangents, [T][places][pitch]
     */
    Combined combine(ForwardPass forward, Value value, Region rows) {
        Shape shape = value.shape();
        int pitch = forward.pitch(value);
        long values = shape.places() * pitch;
        Region combined = program.elements("combined cotangent", values);
        if (rule.byElement()) {
            Region gram = program.bytes("Gram matrix", (long) tasks * tasks * Double.BYTES);
            rule.drop(program, setting, memory.withGram(gram), new Balancing.Elements(forward.at(value), rows, combined,
                    shape.batch(), shape.places() / shape.batch(), shape.channels(), pitch));
            return new Combined(combined, gram);
        }
        GramMatrix products = new GramMatrix(program, tasks, GramMatrix.blocks(values));
        products.add(program.precision().low(), rows, Optional.empty(), values, 0);
        Region gram = products.finish();
        program.launchPair("elementwise", "combine_tasks", ProgramBuilder.blocks(values), rows, combined, values, 1,
                tasks, values, 1L, 1L, coefficients(gram));
        return new Combined(combined, gram);
    }
}
