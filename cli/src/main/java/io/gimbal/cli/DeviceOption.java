package io.gimbal.cli;

import io.gimbal.device.BindingKind;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The options that say what to run on, and by what. */
final class DeviceOption {
    @Option(names = "--device", paramLabel = "auto|gpu|soft", defaultValue = "auto",
            description = "What to run on: a GPU, the software device, or (auto, the default) a GPU where "
                    + "there is one.")
    private DeviceKind kind;

    @Option(names = "--binding", paramLabel = "panama|jcuda", defaultValue = "panama",
            description = "By what CUDA is called: Java's foreign functions (the default) or JCuda. The results "
                    + "are the same.")
    private BindingKind by;

    /** The options as they must be written to choose the same again; empty where they are the defaults. */
    String written() {
        return (kind == DeviceKind.AUTO ? "" : " --device " + kind.name().toLowerCase(Locale.ROOT))
                + (by == BindingKind.PANAMA ? "" : " --binding " + by.name().toLowerCase(Locale.ROOT));
    }

    /** Opens the device for a run that may be long. */
    Device open() {
        OwnClasses.loadInBackground();
        return Device.open(kind, by);
    }
}
