package io.gimbal.loss;

import io.gimbal.engine.ProgramBuilder;
import io.gimbal.engine.Region;
import io.gimbal.engine.Shape;
import java.util.OptionalDouble;

/** What the losses' launches have in common. */
final class LossLaunch {
    private LossLaunch() {}

    /** Counts the labelled places of float targets, times {@code perPlace}. */
    static void countLabels(ProgramBuilder program, Shape prediction, Region target, OptionalDouble ignore,
            int perPlace, Region count) {
        int blocks = ProgramBuilder.reductionBlocks(prediction.elements());
        Region partials = program.floats("partial counts", blocks);
        program.launch("loss", "count_labels", blocks, target, partials, prediction.places(), prediction.channels(),
                marker(ignore),
                present(ignore));
        program.launch("loss", "count_finish", 1, partials, blocks, perPlace, count);
    }

    static void finish(ProgramBuilder program, Region partials, int blocks, Region count, Region loss) {
        program.launch("loss", "loss_finish", 1, partials, blocks, count, loss);
    }

    static float marker(OptionalDouble ignore) {
        return (float) ignore.orElse(0);
    }

    static int present(OptionalDouble ignore) {
        return ignore.isPresent() ? 1 : 0;
    }
}
