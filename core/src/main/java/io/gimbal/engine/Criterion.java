package io.gimbal.engine;

import io.gimbal.graph.Shape;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.OptionalDouble;

/** A task's loss on the device: the mean over labelled places, and its gradient scaled by the task's weight. */
public interface Criterion {
    /**
     * {@return what a target looks like for predictions of that shape; refuses predictions that the loss cannot take}
     *
     * @param prediction one of the shape that the head leaves
     */
    TargetLayout target(Shape prediction);

    /**
     * Writes the launches that count the labelled places of the batch's target, or its values where the mean is over
     * these, into {@code count} (one int).
     *
     * @param program    takes the launches
     * @param prediction the shape of what is predicted, at full resolution
     * @param target     as {@link #target} says
     * @param count      an int, to be written
     */
    void count(ProgramBuilder program, Shape prediction, Region target, Region count);

    /**
     * Writes the launches that leave the loss (one float) and the prediction's cotangent, which is scaled by the weight
     * w_i that stands in device memory and divided by the count.
     *
     * @param program    takes the launches
     * @param prediction what is predicted, and where its cotangent goes
     * @param target     at full resolution, as {@link #target} says
     * @param weight     a float
     * @param count      an int, as {@link #count} left it, of the batches of all ranks
     * @param loss       a float, to be written
     */
    void evaluate(ProgramBuilder program, Prediction prediction, Region target, Region weight, Region count,
            Region loss);

    /** {@return whether it is a loss of values, and not of probabilities: what uncertainty weighting halves} */
    boolean isRegression();

    /** {@return L(0) where theory gives one: log(classes) of cross entropy} NaN otherwise. */
    double theoreticalInitialLoss();

    /**
     * A target in memory, and what may stand in it.
     *
     * @param classes  how many classes there are, of which a place has the number, int32; 0: float32 values, places by
     *                 channels
     * @param channels values at a place; 1 for classes
     * @param ignore   what stands where there is no label: a class number, or the value of all channels; empty where
     *                 every place has one
     */
    record TargetLayout(int classes, int channels, OptionalDouble ignore) {
        /** {@return whether places have class numbers} */
        public boolean ofClasses() {
            return classes > 0;
        }

        /**
         * {@return 32-bit words for that many places}
         *
         * @param places of the whole batch
         */
        public long words(long places) {
            return places * channels;
        }

        /** The marker's 32 bits; 0 where there is none. */
        int ignoreBits() {
            return ofClasses() ? (int) ignore.orElse(0) : Float.floatToRawIntBits((float) ignore.orElse(0));
        }
    }
}
