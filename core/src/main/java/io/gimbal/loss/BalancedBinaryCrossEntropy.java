package io.gimbal.loss;

import io.gimbal.cuda.Collectives.Element;
import io.gimbal.engine.Prediction;
import io.gimbal.graph.Shape;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.OptionalDouble;

/**
 * Binary cross entropy on logits, whose weight of the positives is the share of negatives among the labelled values of
 * the batch (HED, arXiv 1504.06375): the mean of w y softplus(-p) + (1 - w)(1 - y) softplus(p). A target is positive
 * from 0.5 on. Where all are of one kind the loss is 0.
 *
 * @param ignore the marker, a finite number
 */
public record BalancedBinaryCrossEntropy(OptionalDouble ignore) implements Loss {
    /** Checks the marker. */
    public BalancedBinaryCrossEntropy {
        LossLaunch.checkMarker(ignore);
    }

    /**
     * The same, with that value as "no label here".
     *
     * @param marker a finite number
     * @return another loss; this one stays
     */
    public BalancedBinaryCrossEntropy ignore(double marker) {
        return new BalancedBinaryCrossEntropy(OptionalDouble.of(marker));
    }

    @Override
    public String name() {
        return "binary_cross_entropy";
    }

    @Override
    public boolean ofLogits() {
        return true;
    }

    @Override
    public TargetLayout target(Shape prediction) {
        return new TargetLayout(0, prediction.channels(), ignore);
    }

    @Override
    public void count(ProgramBuilder program, Shape prediction, Region target, Region count) {
        LossLaunch.countLabels(program, prediction, target, ignore, prediction.channels(), count);
    }

    @Override
    public void evaluate(ProgramBuilder program, Prediction prediction, Region target, Region weight, Region count,
            Region loss) {
        Shape shape = prediction.shape();
        int blocks = ProgramBuilder.reductionBlocks(shape.elements());
        Region partials = program.floats("partial counts", blocks);
        Region shares = program.floats("shares of negatives and positives", 2);
        program.launch("loss", "count_positives", blocks, target, partials, shape.places(), shape.channels(),
                LossLaunch.marker(ignore), LossLaunch.present(ignore));
        if (program.peers().alone()) {
            program.launch("loss", "shares_finish", 1, partials, blocks, count, shares);
        } else {
            Region positives = program.floats("positives", 1);
            program.launch("loss", "count_finish", 1, partials, blocks, 1, positives);
            program.sumOverRanks(positives, 1, Element.INT32);
            program.launch("loss", "shares_finish", 1, positives, 1, count, shares);
        }
        LossLaunch.evaluate(program, "balanced_cross_entropy", prediction, target, weight, count, loss,
                LossLaunch.marker(ignore), LossLaunch.present(ignore), shares);
    }

    @Override
    public boolean isRegression() {
        return false;
    }
}
