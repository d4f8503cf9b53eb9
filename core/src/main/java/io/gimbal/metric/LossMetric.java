package io.gimbal.metric;

import io.gimbal.device.ThreadConfinement;
import io.gimbal.loss.BalancedBinaryCrossEntropy;
import io.gimbal.loss.Cosine;
import io.gimbal.loss.CrossEntropy;
import io.gimbal.loss.Loss;
import io.gimbal.loss.NormalizedL1;
import io.gimbal.loss.Regression;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * A task's loss on held-out data: the mean over all labelled places of the whole set, in double, of the task's first
 * output. (In training a loss is the mean over a batch's labelled places, of all outputs.)
 *
 * <p>The best constant is of the same loss: each class's share as its probability; each channel's median for an L1,
 * mean for an L2, and what is best for a Huber loss (known to 0.05 %); each channel's best logit; the mean direction of
 * vectors, which for a normalised L1 is nearly the best.
 */
abstract class LossMetric implements Metric {
    private final ThreadConfinement confinement = new ThreadConfinement("the metric");
    private final int predicted;
    private final int channels;
    private final float ignore;
    private double sum;
    private long places;

    /**
     * Has seen nothing yet.
     *
     * @param predicted values that a network predicts of a place
     * @param channels  of a label
     * @param ignore    the value of all channels of an unlabelled place
     */
    LossMetric(int predicted, int channels, float ignore) {
        this.predicted = predicted;
        this.channels = channels;
        this.ignore = ignore;
    }

    /** {@return one that belongs to the loss} */
    static LossMetric of(Loss loss, int channels, float ignore) {
        return switch (loss) {
            case CrossEntropy entropy -> new ClassLossMetric(entropy.classes(), (int) ignore);
            case Regression regression when regression.ofLogits() -> new BinaryLossMetric(channels, ignore,
                    regression.parameter());
            case Regression regression -> new ValueLossMetric(channels, ignore, regression);
            case BalancedBinaryCrossEntropy _ -> new BinaryLossMetric(channels, ignore);
            case Cosine _ -> new DirectionLossMetric(channels, ignore, DirectionLossMetric.Kind.COSINE);
            case NormalizedL1 _ -> new DirectionLossMetric(channels, ignore, DirectionLossMetric.Kind.L1);
        };
    }

    /**
     * A labelled place's part of the sum.
     *
     * @param from   the index of its first predicted value
     * @param label  the index of its label's first byte
     */
    abstract double place(FloatBuffer prediction, int from, ByteBuffer target, int label);

    /** Whether nobody labelled a place. */
    boolean unlabelled(ByteBuffer target, int place) {
        return Labels.unlabelled(target, place, channels, ignore);
    }

    /** The mean over the labelled places, of which there is one at least. */
    double value(double sumOfPlaces, long labelled) {
        return sumOfPlaces / labelled;
    }

    /** The same of the best constant. */
    abstract double constant(long labelled);

    abstract void forget();

    @Override
    public final void add(FloatBuffer prediction, ByteBuffer target, long count) {
        confinement.require();
        Labels.check(prediction, predicted, target, channels, count);
        for (int place = 0; place < count; place++) {
            if (!unlabelled(target, place)) {
                sum += place(prediction, place * predicted, target, place * channels * Float.BYTES);
                places++;
            }
        }
    }

    @Override
    public final List<Score> scores() {
        confinement.require();
        return List.of(new Score("loss", "", places == 0 ? Double.NaN : value(sum, places), places == 0 ? Double.NaN
                : constant(places), false));
    }

    @Override
    public final void reset() {
        confinement.require();
        sum = 0;
        places = 0;
        forget();
    }
}
