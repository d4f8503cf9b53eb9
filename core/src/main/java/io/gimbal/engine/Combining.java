package io.gimbal.engine;

import io.gimbal.cuda.Collectives.Element;
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
    private final boolean diagnose;
    private final int tasks;

    /** @param diagnose whether all products of gradients are asked for, even where the rule needs none */
    Combining(ProgramBuilder program, Balancing rule, Balancing.Setting setting, BalanceMemory memory,
            boolean diagnose) {
        this.program = program;
        this.rule = rule;
        this.setting = setting;
        this.memory = memory;
        this.diagnose = diagnose;
        tasks = setting.tasks().size();
    }

    /**
     * One cotangent of a value.
     *
     * @param gram     the Gram matrix of the tasks', doubles [T][T]; of a rule that goes by element its diagonal alone
     * @param products the same with all products, where they are known
     */
    record Combined(Region cotangent, Region gram, Optional<Region> products) {}

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
            return new Combined(combined, gram, diagnose ? Optional.of(products(rows, values)) : Optional.empty());
        }
        Region gram = products(rows, values);
        program.launchPair("elementwise", "combine_tasks", ProgramBuilder.blocks(values), rows, combined, values, 1,
                tasks, values, 1L, 1L, coefficients(gram));
        return new Combined(combined, gram, Optional.of(gram));
    }

    private Region products(Region rows, long values) {
        GramMatrix products = new GramMatrix(program, tasks, GramMatrix.blocks(values));
        products.add(program.precision().low(), rows, Optional.empty(), values, 0);
        Region gram = products.finish();
        // Ranks have other examples: products over all of them are sums of theirs.
        program.sumOverRanks(gram, (long) tasks * tasks, Element.FLOAT64);
        return gram;
    }
}
