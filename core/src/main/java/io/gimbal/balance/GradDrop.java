package io.gimbal.balance;

import io.gimbal.config.Range;
import io.gimbal.engine.Balancing;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;
import java.util.Map;

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
        program.launchPair("drop", "drop_signs", blocks, elements.value(), elements.rows(), elements.combined(),
                partials, elements.batch(), places, elements.channels(), elements.pitch(), tasks,
                (long) elements.batch() * places * elements.pitch(), memory.constants(), memory.counts(),
                memory.seed(), memory.counters());
        program.launch("drop", "drop_finish", ProgramBuilder.finishBlocks(tasks), partials, blocks, memory.used(),
                memory.gram().orElseThrow(), tasks);
    }
}
