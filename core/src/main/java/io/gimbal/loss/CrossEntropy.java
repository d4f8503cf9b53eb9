package io.gimbal.loss;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;
import io.gimbal.engine.Prediction;
import io.gimbal.graph.Shape;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.OptionalDouble;

/**
 * Softmax cross entropy; targets are class numbers from 0.
 *
 * @param classes at least 1
 * @param ignore  the class number that means "no label here"
 * @param stated  whether the number of classes was stated: only then may log(classes) stand for the initial loss
 */
public record CrossEntropy(int classes, int ignore, boolean stated) implements Loss {
    /** What PyTorch ignores where nothing is said. */
    static final int DEFAULT_IGNORE = -100;

    /** Checks how many classes there are. */
    public CrossEntropy {
        Counts.atLeast("classes", classes, 1);
    }

    /**
     * The same, with that class number as "no label here".
     *
     * @param marker any number, also that of a class
     * @return another loss; this one stays
     */
    public CrossEntropy ignore(int marker) {
        return new CrossEntropy(classes, marker, stated);
    }

    @Override
    public String name() {
        return "cross_entropy";
    }

    @Override
    public double theoreticalInitialLoss() {
        return stated ? Math.log(classes) : Double.NaN;
    }

    @Override
    public TargetLayout target(Shape prediction) {
        if (prediction.channels() != classes) {
            throw new UserException("cross_entropy over " + classes + " classes needs a head that ends with " + classes
                    + " channels; it ends with "
                    + prediction.channels());
        }
        return new TargetLayout(classes, 1, OptionalDouble.of(ignore));
    }

    @Override
    public void count(ProgramBuilder program, Shape prediction, Region target, Region count) {
        long places = prediction.places();
        int blocks = ProgramBuilder.reductionBlocks(places);
        Region partials = program.floats("partial counts", blocks);
        program.launch("loss", "count_classes", blocks, target, partials, places, ignore);
        program.launch("loss", "count_finish", 1, partials, blocks, 1, count);
    }

    @Override
    public void evaluate(ProgramBuilder program, Prediction prediction, Region target, Region weight, Region count,
            Region loss) {
        LossLaunch.evaluate(program, "cross_entropy", prediction, target, weight, count, loss, ignore);
    }

    @Override
    public boolean isRegression() {
        return false;
    }
}
