package io.gimbal.proof.page;

import io.gimbal.proof.Phase;
import java.util.Locale;

/** What Gimbal claims of a GPU, each with the bar that the measured figure is held to. */
public enum Claim {
    BALANCING_SMALL(Phase.SPEED, "GradNorm's time over equal weights, SegNet with 80 x 80 outputs", Unit.PERCENT_OVER,
            Bar.AT_MOST, 0.05),
    BALANCING_FULL(Phase.SPEED, "GradNorm's time over equal weights, SegNet with 320 x 320 outputs",
            Unit.PERCENT_OVER, Bar.AT_MOST, 0.09),
    EQUAL_PEER(Phase.SPEED, "the best PyTorch step with equal weights, its time over Gimbal's", Unit.RATIO,
            Bar.AT_LEAST, 1.0),
    STRONG_PEER(Phase.SPEED, "GradNorm in PyTorch, cut at W by hand and compiled, its time over Gimbal's", Unit.RATIO,
            Bar.AT_LEAST, 1.02),
    EAGER_PEER(Phase.SPEED, "GradNorm in plain PyTorch, its time over Gimbal's", Unit.RATIO, Bar.AT_LEAST, 1.15),
    CREATE_GRAPH_PEER(Phase.SPEED, "GradNorm in PyTorch by create_graph, its time over Gimbal's", Unit.RATIO,
            Bar.AT_LEAST, 1.7),
    GRAM_KERNEL(Phase.SPEED, "the Gram-and-sum kernel, T = 3, P = 9.4 million, of a copy's bandwidth", Unit.PERCENT,
            Bar.AT_LEAST, 0.70),
    BATCH_NORM_KERNELS(Phase.SPEED, "the slowest batch-norm kernel, of a copy's bandwidth", Unit.PERCENT,
            Bar.AT_LEAST, 0.80),
    STEADY_STEP(Phase.SPEED, "waits, copies to the host and allocations of a steady step", Unit.COUNT, Bar.AT_MOST, 0),
    REPLAYS(Phase.CORRECT, "the reference's cases in float32, largest deviation", Unit.DEVIATION, Bar.AT_MOST, 2e-4),
    SANITIZERS(Phase.SANITIZE, "what compute-sanitizer's four tools report of the kernels", Unit.COUNT, Bar.AT_MOST,
            0);

    /** What a figure is, and how it is written. */
    private enum Unit { PERCENT, PERCENT_OVER, RATIO, COUNT, DEVIATION }

    /** On which side of the limit a figure must lie. */
    private enum Bar { AT_LEAST, AT_MOST }

    private final Phase phase;
    private final String text;
    private final Unit unit;
    private final Bar bar;
    private final double limit;

    Claim(Phase phase, String text, Unit unit, Bar bar, double limit) {
        this.phase = phase;
        this.text = text;
        this.unit = unit;
        this.bar = bar;
        this.limit = limit;
    }

    /** The phase that measures it. */
    Phase phase() {
        return phase;
    }

    public String text() {
        return text;
    }

    /** The key of its figure in a phase's JSON. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean holds(double value) {
        return bar == Bar.AT_LEAST ? value >= limit : value <= limit;
    }

    /** Whether the bar counts on the software device too: it is about what is computed, not about speed. */
    boolean everywhere() {
        return this == STEADY_STEP || this == REPLAYS;
    }

    /** A figure as people read it. */
    String written(double value) {
        return switch (unit) {
            case PERCENT -> String.format(Locale.ROOT, "%.0f %%", 100 * value);
            case PERCENT_OVER -> String.format(Locale.ROOT, "%+.1f %%", 100 * value);
            case RATIO -> String.format(Locale.ROOT, "%.2f x", value);
            case COUNT -> String.format(Locale.ROOT, "%.0f", value);
            case DEVIATION -> String.format(Locale.ROOT, "%.1e", value);
        };
    }

    /** What the figure must be. */
    String barText() {
        return (bar == Bar.AT_LEAST ? "at least " : limit == 0 ? "" : "at most ") + written(limit);
    }
}
