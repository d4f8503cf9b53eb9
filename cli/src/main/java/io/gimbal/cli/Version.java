package io.gimbal.cli;

import io.gimbal.config.Release;
import picocli.CommandLine.IVersionProvider;

/** The version, for {@code --version}. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {Release.text()};
    }
}
