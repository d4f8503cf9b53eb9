package io.gimbal.cli;

import io.gimbal.device.Device;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code gimbal devices}. */
@Command(name = "devices", mixinStandardHelpOptions = true,
        description = "Lists what can be run on: GPU or software device, the libraries found and their versions, "
                + "or why not.")
final class DevicesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().getOut().println(Device.survey().describe());
        return 0;
    }
}
