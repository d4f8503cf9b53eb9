package io.gimbal.predict;

import java.time.Duration;

/**
 * What a {@link Predictor} has done so far. Latencies are from a request's submission, before its image was read, until
 * its prediction is there; they are of the last 4096 that were predicted, and 0 where there is none.
 *
 * @param waiting    requests that wait now, those whose image is still being read among them
 * @param predicted  requests that were predicted
 * @param batches    batches that they were predicted in
 * @param median     half of the latencies are no longer
 * @param percent95  95 % of them are no longer
 * @param percent99  99 % of them are no longer
 * @param longest    of them
 */
public record PredictorStatistics(int waiting, long predicted, long batches, Duration median, Duration percent95,
        Duration percent99, Duration longest) {
    /** {@return how many requests a batch has, on average; 0 where there was none} */
    public double meanBatch() {
        return batches == 0 ? 0 : (double) predicted / batches;
    }
}
