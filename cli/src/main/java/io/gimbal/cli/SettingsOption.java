package io.gimbal.cli;

import java.util.List;
import picocli.CommandLine.Option;

/** The option that sets values of a configuration. */
final class SettingsOption {
    @Option(names = "--set", paramLabel = "path=value",
            description = "Sets a value of the configuration, such as data.batch=16.")
    private List<String> settings = List.of();

    List<String> given() {
        return settings;
    }
}
