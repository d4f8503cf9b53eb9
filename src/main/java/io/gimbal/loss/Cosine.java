package io.gimbal.loss;

import io.gimbal.engine.ProgramBuilder;
import io.gimbal.engine.Region;
import io.gimbal.engine.Shape;
import java.util.OptionalDouble;

/**
 * One minus the cosine of the angle between the predicted vector and the target's unit vector, mean over labelled
 * places.
 */
public record Cosine(OptionalDouble ignore) implements Loss {
    /** The same, with that value in every channel as "no label here". */
    public Cosine ignore(double marker) {
        return new Cosine(OptionalDouble.of(marker));
    }

    @Override
    public String name() {
        return "cosine";
    }

    @Override
    public TargetLayout target(Shape prediction) {
        return new TargetLayout(false, prediction.channels());
    }

    @Override
    public void count(ProgramBuilder program, Shape prediction, Region target, Region count) {
        LossLaunch.countLabels(program, prediction, target, ignore, 1, count);
    }

    @Override
    public void evaluate(ProgramBuilder program, Shape prediction, Region predicted, Region target, Region weight,
            Region count, Region loss,
                         Region cotangent) {
        int blocks = ProgramBuilder.reductionBlocks(prediction.elements());
        Region partials = program.floats("partial losses", blocks);
        program.launch("loss", "cosine", blocks, predicted, target, weight, count, cotangent, partials,
                prediction.places(),
                prediction.channels(), LossLaunch.marker(ignore), LossLaunch.present(ignore));
        LossLaunch.finish(program, partials, blocks, count, loss);
    }
}
