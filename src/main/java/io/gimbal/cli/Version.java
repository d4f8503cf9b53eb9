package io.gimbal.cli;

import picocli.CommandLine.IVersionProvider;

/** The version from the jar's manifest. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {text()};
    }

    /** "Gimbal 0.1.0". */
    static String text() {
        String version = Main.class.getPackage().getImplementationVersion();
        return "Gimbal " + (version == null ? "(not packaged)" : version);
    }
}
