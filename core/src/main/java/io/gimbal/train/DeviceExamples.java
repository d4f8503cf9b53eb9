package io.gimbal.train;

import io.gimbal.device.DeviceMemory;
import java.util.Map;
import java.util.Objects;

/**
 * A batch in device memory, dense, in the layouts of {@link Examples}: float32, and int32 for class numbers. Whose the
 * memory is does not matter; it must stay until the batch has been taken in ({@link Trainer#advance(DeviceExamples,
 * io.gimbal.device.Stream)}). What it holds is not checked before the step: a class number that is neither a class nor
 * the number to be ignored, or a value that is not finite, makes the step's loss not finite; the step changes nothing,
 * and its record tells where that was.
 *
 * @param inputs  images as batch, height, width, channels; or features as batch, features
 * @param targets targets of every task, by task
 */
public record DeviceExamples(DeviceMemory inputs, Map<String, DeviceMemory> targets) {
    /** Checks that the targets are there. */
    public DeviceExamples {
        Objects.requireNonNull(targets, "targets is null");
    }
}
