package io.gimbal.cli;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import picocli.CommandLine.Option;

/** The option that says what to run on. */
final class DeviceOption {
    @Option(names = "--device", paramLabel = "auto|gpu|soft", defaultValue = "auto",
            description = "What to run on: a GPU, the software device, or (auto, the default) a GPU where "
                    + "there is one.")
    private DeviceKind kind;

    Device open() {
        return Device.open(kind);
    }
}
