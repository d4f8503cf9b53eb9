/** The commands of the launcher. */
module io.gimbal.cli {
    requires info.picocli;
    requires io.gimbal;
    requires io.gimbal.shaded;
    requires jdk.unsupported;

    opens io.gimbal.cli to info.picocli;
}
