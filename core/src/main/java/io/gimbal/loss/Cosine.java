package io.gimbal.loss;

import io.gimbal.engine.Prediction;
import io.gimbal.graph.Shape;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.OptionalDouble;

/**
 * One minus the cosine of the angle between the predicted vector and the target's unit vector, mean over labelled
 * places.
 *
 * @param ignore the marker, a finite number
 */
public record Cosine(OptionalDouble ignore) implements Loss {
    /** Checks the marker. */
    public Cosine {
        LossLaunch.checkMarker(ignore);
    }

    /**
     * The same, with that value in every channel as "no label here".
     *
     * @param marker a finite number
     * @return another loss; this one stays
     */
    public Cosine ignore(double marker) {
        return new Cosine(OptionalDouble.of(marker));
    }

    @Override
    public String name() {
        return "cosine";
    }

    @Override
    public boolean ofDirections() {
        return true;
    }

    @Override
    public TargetLayout target(Shape prediction) {
        return LossLaunch.directions("cosine", prediction, ignore);
    }

    @Override
    public void count(ProgramBuilder program, Shape prediction, Region target, Region count) {
        LossLaunch.countLabels(program, prediction, target, ignore, 1, count);
    }

    @Override
    public void evaluate(ProgramBuilder program, Prediction prediction, Region target, Region weight, Region count,
            Region loss) {
        LossLaunch.evaluate(program, "cosine", prediction, target, weight, count, loss, LossLaunch.marker(ignore),
                LossLaunch.present(ignore));
    }

    @Override
    public boolean isRegression() {
        return true;
    }
}
