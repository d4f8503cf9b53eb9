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
    private double sum;
    private long places;

    /**
     * Has seen nothing yet.
     *
     * @param predicted values that a network predicts of a place
     * @param channels  of a label
     */
    LossMetric(int predicted, int channels) {
        this.predicted = predicted;
        this.channels = channels;
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

    /** {@linkplain #take Takes} each labelled place's part of the sum. */
    abstract void addPlaces(FloatBuffer prediction, ByteBuffer target, int count);

    /** Takes one labelled place's part of the sum. */
    final void take(double part) {
        sum += part;
        places++;
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
        addPlaces(prediction, target, Math.toIntExact(count));
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
