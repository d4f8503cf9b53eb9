package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.cuda.Collectives.Element;
import io.gimbal.engine.Balancing;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * GradDrop (Chen et al., arXiv 2010.06808, equation 1 and algorithm 1): of each element of the representation Z the
 * gradients of one sign pass, drawn by how far the tasks agree on it. The draw follows from the training's seed and the
 * step's number. Immutable. A number that cannot be is refused by a {@link io.gimbal.config.UserException}.
 *
 * @param leak by task, from 0 to 1: how much of what is dropped passes all the same; 0 for a task that is not named
 */
public record GradDrop(Map<String, Double> leak) implements Balancing {
    /** Checks the numbers, and keeps a copy. */
    public GradDrop {
        leak = TaskWeights.checked("leak", leak, Range.FRACTION);
    }

    @Override
    public void check(List<String> tasks) {
        TaskWeights.checkTasks("leak", leak, tasks);
    }

    @Override
    public Measured measures() {
        return Measured.REPRESENTATION;
    }

    @Override
    public boolean byElement() {
        return true;
    }

    @Override
    public List<double[]> constants(Setting setting) {
        return List.of(Rows.byTask(setting, task -> leak.getOrDefault(task, 0.0)));
    }

    @Override
    public void drop(ProgramBuilder program, Setting setting, BalanceMemory memory, Elements elements) {
        int tasks = setting.tasks().size();
        int places = Math.toIntExact(elements.places());
        int blocks = ProgramBuilder.reductionBlocks((long) places * elements.channels());
        Region partials = program.floats("partial squares of gradients", blocks * 2L * tasks);
        Object[] sizes = {elements.batch(), places, elements.channels(), elements.pitch(), tasks,
                (long) elements.batch() * places * elements.pitch()};
        Object[] draws = {memory.constants(), memory.counts(), memory.seed(), memory.counters()};
        if (program.peers().alone()) {
            launch(program, "drop_signs", blocks, elements.value(), elements.rows(), elements.combined(), partials,
                    sizes, draws);
        } else {
            // Who passes is told by the samples of all ranks.
            long count = (long) tasks * places * elements.channels();
            Region sums = program.floats("the tasks' signed sums", count);
            launch(program, "drop_sums", blocks, elements.value(), elements.rows(), sums, sizes, memory.counts());
            program.sumOverRanks(sums, count, Element.FLOAT32);
            launch(program, "drop_signs_by_sums", blocks, elements.rows(), sums, elements.combined(), partials, sizes,
                    draws);
            program.sumOverRanks(partials, blocks * 2L * tasks, Element.FLOAT32);
        }
        program.launch("drop", "drop_finish", ProgramBuilder.finishBlocks(tasks), partials, blocks, memory.used(),
                memory.gram().orElseThrow(), tasks);
    }

    /** Arrays among the arguments stand for their elements. */
    private static void launch(ProgramBuilder program, String kernel, int blocks, Object... arguments) {
        program.launchPair("drop", kernel, blocks, Stream.of(arguments).flatMap(argument ->
                argument instanceof Object[] several ? Stream.of(several) : Stream.of(argument)).toArray());
    }
}
