package io.gimbal.predict;

import java.util.List;
import java.util.function.Function;

/**
 * What is to be predicted: an image ({@link PhotoSource}) or a row of a table ({@link RowSource}), as the model takes
 * them. It is read when it is submitted, by the thread that does so. For any thread.
 *
 * @param <P> what is predicted of it
 */
public abstract sealed class PredictionSource<P> permits PhotoSource, RowSource {
    PredictionSource() {}

    /**
     * What was read.
     *
     * @param values     what the network takes
     * @param prediction of what the network gives, task by task
     */
    record Reading<P>(float[] values, Function<List<float[]>, P> prediction) {}

    /** @throws io.gimbal.config.UserException if it cannot be read, or the model takes others; says why */
    abstract Reading<P> read(Model model);
}
