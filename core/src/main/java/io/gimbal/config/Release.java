package io.gimbal.config;

/** Which Gimbal this is. */
public final class Release {
    private Release() {}

    /** {@return "Gimbal 0.1.0", by the jar's manifest} */
    public static String text() {
        String version = Release.class.getPackage().getImplementationVersion();
        return "Gimbal " + (version == null ? "(not packaged)" : version);
    }
}
