package io.gimbal.loss;

import io.gimbal.engine.Prediction;
import io.gimbal.graph.Shape;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.OptionalDouble;

/**
 * Mean absolute difference between the predicted vector p over its length, p / (|p| + 1e-12), and the target, over all
 * channels of labelled places (for normals: arXiv 2004.13379). A prediction whose length is 0 in float32, where squares
 * of less than some 1e-23 vanish, has no direction: it counts as the vector 0, and its gradient is 0.
 *
 * @param ignore the marker, a finite number
 */
public record NormalizedL1(OptionalDouble ignore) implements Loss {
    /** Checks the marker. */
    public NormalizedL1 {
        LossLaunch.checkMarker(ignore);
    }

    /**
     * The same, with that value in every channel as "no label here".
     *
     * @param marker a finite number
     * @return another loss; this one stays
     */
    public NormalizedL1 ignore(double marker) {
        return new NormalizedL1(OptionalDouble.of(marker));
    }

    @Override
    public String name() {
        return "l1";
    }

    @Override
    public boolean ofDirections() {
        return true;
    }

    @Override
    public TargetLayout target(Shape prediction) {
        return LossLaunch.directions("l1 with normalize", prediction, ignore);
    }

    @Override
    public void count(ProgramBuilder program, Shape prediction, Region target, Region count) {
        LossLaunch.countLabels(program, prediction, target, ignore, prediction.channels(), count);
    }

    @Override
    public void evaluate(ProgramBuilder program, Prediction prediction, Region target, Region weight, Region count,
            Region loss) {
        LossLaunch.evaluate(program, "normalized_l1", prediction, target, weight, count, loss,
                LossLaunch.marker(ignore), LossLaunch.present(ignore));
    }

    @Override
    public boolean isRegression() {
        return true;
    }
}
