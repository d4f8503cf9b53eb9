package io.gimbal.cli;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.train.CaseRun;
import java.nio.file.Path;

public final class Main {
    private Main() {}

    public static void main(String[] args) {
        try (Device device = Device.open(DeviceKind.SOFT); CaseRun run = new CaseRun(device, Path.of(args[1]))) {
            run.replay(Path.of(args[2]), done -> { });
        }
    }
}
