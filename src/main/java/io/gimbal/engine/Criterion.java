package io.gimbal.engine;

/** A task's loss on the device: the mean over labelled places, and its gradient scaled by the task's weight. */
public interface Criterion {
    /** What a target looks like for predictions of that shape; refuses predictions that the loss cannot take. */
    TargetLayout target(Shape prediction);

    /**
     * Writes the launches that count the labelled places of the batch's target, or its values where the mean is over
     * these, into {@code count} (one int).
     *
     * @param target at full resolution, as {@link #target} says
     */
    void count(ProgramBuilder program, Prediction prediction, Region target, Region count);

    /**
     * Writes the launches that leave the loss (one float) and the prediction's cotangent, which is scaled by the weight
     * w_i that stands in device memory and divided by the count.
     */
    void evaluate(ProgramBuilder program, Prediction prediction, Region target, Region weight, Region count,
            Region loss);

    /** L(0) where theory gives one: log(classes) of cross entropy. NaN otherwise. */
    double theoreticalInitialLoss();

    /**
     * A target in device memory.
     *
     * @param classes  class numbers, int32 and one a place; otherwise float32 values, places by channels
     * @param channels values at a place
     */
    record TargetLayout(boolean classes, int channels) {
        /** 32-bit words for that many places. */
        public long words(long places) {
            return places * (classes ? 1 : channels);
        }
    }
}
