package io.gimbal.spark;

import io.gimbal.metric.Score;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a training has left. Immutable.
 *
 * @param folder of the run, as {@link PhotoModel#at} and {@code gimbal} take it
 * @param steps  that are done, those of earlier attempts among them
 * @param scores by task, of the last validation; empty where the configuration has none
 */
public record TrainingResult(Path folder, long steps, Map<String, List<Score>> scores) {}
