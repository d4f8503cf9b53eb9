package io.gimbal.spark;

import io.gimbal.predict.PredictionSource;
import java.util.Optional;

/**
 * What is to be predicted.
 *
 * @param key    what is kept of it until its prediction is there
 * @param source empty where there is none
 */
record Asked<K, P>(K key, Optional<PredictionSource<P>> source) {}
