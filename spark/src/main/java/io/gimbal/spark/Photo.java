package io.gimbal.spark;

import io.gimbal.predict.PhotoPrediction;
import io.gimbal.predict.PhotoSource;
import java.util.Optional;

/**
 * A photo that is to be predicted.
 *
 * @param <K>   the key's type
 * @param key   what is kept of it until its prediction is there, such as its path
 * @param bytes of its file, of any form that Gimbal reads; null is a photo that cannot be read
 */
public record Photo<K>(K key, byte[] bytes) {
    Asked<K, PhotoPrediction> asked() {
        return new Asked<>(key, Optional.ofNullable(bytes).map(PhotoSource::ofBytes));
    }
}
