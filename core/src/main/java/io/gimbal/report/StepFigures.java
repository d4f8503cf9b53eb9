package io.gimbal.report;

import io.gimbal.engine.TrainingStep;
import io.gimbal.measure.Distribution;
import io.gimbal.measure.PlannedStep;
import io.gimbal.measure.TimedStep;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * What is told of a timed step, as a row of a table and as JSON.
 *
 * @param timed   what was measured
 * @param planned the same step as it was laid out
 */
public record StepFigures(TimedStep timed, PlannedStep planned) {
    /** {@return an empty table for rows of them} */
    public static Table table() {
        return new Table("balancing", "a step", "from", "to", "examples/s", "GFLOP/s", "of the limit", "nodes",
                "to device", "to host", "waits", "arena");
    }

    /**
     * Those of a step that was timed.
     *
     * @param timed what was measured
     * @return the figures
     */
    public static StepFigures of(TimedStep timed) {
        return new StepFigures(timed, timed.run().planned());
    }

    private double perSecond() {
        return timed.run().batch() / timed.times().median();
    }

    private double flops() {
        return planned.productCost().operations() / timed.times().median();
    }

    /** Of the shortest time at the device's limits; NaN where these are not known. */
    private double share() {
        return planned.cost().seconds() / timed.times().median();
    }

    /**
     * Adds a row, which begins with the rule of balancing.
     *
     * @param table of {@link #table}
     * @param rule  the balancing's name
     */
    public void row(Table table, String rule) {
        Distribution times = timed.times();
        TrainingStep step = timed.run().step();
        table.row(rule, milliseconds(times.median()), milliseconds(times.least()), milliseconds(times.most()),
                String.format(Locale.ROOT, "%.1f", perSecond()), String.format(Locale.ROOT, "%.1f", flops() / 1e9),
                Double.isNaN(share()) ? "-" : String.format(Locale.ROOT, "%.1f %%", 100 * share()),
                Long.toString(step.graphNodes()), Long.toString(timed.counted().hostToDevice()),
                Long.toString(timed.counted().deviceToHost()), Long.toString(timed.counted().synchronizations()),
                String.format(Locale.ROOT, "%.1f MiB", step.arenaBytes() / (double) (1 << 20)));
    }

    private static String milliseconds(double seconds) {
        return String.format(Locale.ROOT, "%.1f ms", 1e3 * seconds);
    }

    /**
     * Adds all of it to a JSON object.
     *
     * @param figures takes the members
     */
    public void put(ObjectNode figures) {
        TrainingStep step = timed.run().step();
        figures.put("batch", timed.run().batch()).put("examples_a_second", perSecond())
                .put("graph_nodes", step.graphNodes()).put("copies_to_device", timed.counted().hostToDevice())
                .put("copies_to_host", timed.counted().deviceToHost()).put("waits", timed.counted().synchronizations())
                .put("allocations", timed.counted().allocations()).put("arena_bytes", step.arenaBytes());
        figures.put("product_operations", planned.productCost().operations()).put("flop_a_second", flops())
                .put("bytes", planned.cost().bytes());
        if (!Double.isNaN(share())) {
            figures.put("limit_s", planned.cost().seconds()).put("share_of_limit", share());
        }
        Figures.put(figures, "step_s", timed.times());
    }
}
