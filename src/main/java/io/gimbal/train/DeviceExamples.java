package io.gimbal.train;

import io.gimbal.device.DeviceMemory;
import java.util.Map;
import java.util.Objects;

/**
 * A batch in device memory, dense, in the layouts of {@link Examples}: float32, and int32 for class numbers. Whose the
 * memory is does not matter; it must stay until the batch has been taken in ({@link Trainer#advance(DeviceExamples,
 * io.gimbal.device.Stream)}). Class numbers on the device are not checked: one that is neither a class nor the number
 * to be ignored makes the step's loss not a number, and the step changes nothing.
 *
 * @param inputs  images as batch, height, width, channels; or features as batch, features
 * @param targets targets of every task, by task
 */
public record DeviceExamples(DeviceMemory inputs, Map<String, DeviceMemory> targets) {
    public DeviceExamples {
        Objects.requireNonNull(targets, "targets is null");
    }
}
