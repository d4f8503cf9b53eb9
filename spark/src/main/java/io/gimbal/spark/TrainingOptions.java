package io.gimbal.spark;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;
import io.gimbal.device.DeviceKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * How {@link GimbalSpark#train} trains. Immutable; it stays on the driver.
 *
 * @param ranks    how many executors train, each in one process with one device: at least 1
 * @param folder   where rank 0 keeps the run; a path that the driver and all executors must reach, since each may
 *                 become rank 0 when Spark starts the stage again
 * @param settings values set over the configuration, each {@code path=value}, as {@code gimbal train --set} takes them
 * @param device   of each rank
 * @param patience how long the driver waits for as many executors as there are ranks, and then each rank for the
 *                 others; above 0
 * @param listener is told on the driver how the training goes
 */
public record TrainingOptions(int ranks, Path folder, List<String> settings, DeviceKind device, Duration patience,
        SparkTrainingListener listener) {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /**
     * Checks them.
     *
     * @throws UserException naming what is out of its bounds
     */
    public TrainingOptions {
        Counts.atLeast("the number of ranks", ranks, 1);
        folder = Objects.requireNonNull(folder, "folder is null").toAbsolutePath().normalize();
        settings = List.copyOf(Objects.requireNonNull(settings, "settings is null"));
        Objects.requireNonNull(device, "device is null");
        Objects.requireNonNull(listener, "listener is null");
        if (Objects.requireNonNull(patience, "patience is null").compareTo(Duration.ZERO) <= 0) {
            throw new UserException("patience is " + patience + ", but must be above 0.");
        }
    }

    /**
     * By the configuration as it is, on whatever device there is, with a patience of two minutes, and told to nobody.
     *
     * @param ranks  at least 1
     * @param folder where rank 0 keeps the run
     * @return the options
     */
    public static TrainingOptions of(int ranks, Path folder) {
        return new TrainingOptions(ranks, folder, List.of(), DeviceKind.AUTO, PATIENCE,
                new SparkTrainingListener() { });
    }

    /**
     * The same with other settings.
     *
     * @param others each {@code path=value}
     * @return other options; these stay
     */
    public TrainingOptions setting(String... others) {
        return new TrainingOptions(ranks, folder, List.of(others), device, patience, listener);
    }

    /**
     * The same on a device of that kind; a cluster of GPUs wants {@link DeviceKind#GPU}, so that a rank without one is
     * refused.
     *
     * @param other of each rank
     * @return other options; these stay
     */
    public TrainingOptions on(DeviceKind other) {
        return new TrainingOptions(ranks, folder, settings, other, patience, listener);
    }

    /**
     * The same with another patience.
     *
     * @param longest above 0
     * @return other options; these stay
     */
    public TrainingOptions waiting(Duration longest) {
        return new TrainingOptions(ranks, folder, settings, device, longest, listener);
    }

    /**
     * The same with a listener.
     *
     * @param other is told on the driver
     * @return other options; these stay
     */
    public TrainingOptions telling(SparkTrainingListener other) {
        return new TrainingOptions(ranks, folder, settings, device, patience, other);
    }
}
