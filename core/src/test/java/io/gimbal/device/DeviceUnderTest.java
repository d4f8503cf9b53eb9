package io.gimbal.device;

import static org.junit.jupiter.api.Assumptions.assumeTrue;


/**
 * The device that the tests tagged {@code device} run on: the system property {@value #PROPERTY} says {@code soft} (the
 * default) or {@code gpu}.
 */
public final class DeviceUnderTest {
    /** System property with the device's kind. */
    public static final String PROPERTY = "gimbal.test.device";

    private DeviceUnderTest() {}

    /** The device's kind. */
    public static DeviceKind kind() {
        return kind(System.getProperty(PROPERTY, "soft"));
    }

    static DeviceKind kind(String text) {
        return switch (text) {
            case "soft" -> DeviceKind.SOFT;
            case "gpu" -> DeviceKind.GPU;
            default -> throw new IllegalArgumentException("the system property " + PROPERTY + " is '" + text
                    + "'; it may be soft or gpu");
        };
    }

    public static boolean gpu() {
        return kind() == DeviceKind.GPU;
    }

    /** Opens it. */
    public static Device open() {
        return open(BindingKind.PANAMA);
    }

    /** Opens it by a binding. */
    public static Device open(BindingKind by) {
        return Device.open(kind(), by);
    }

    /** The software device's switches; on a GPU, which has none, the test is skipped. */
    public static SoftDevice switches(Device device) {
        assumeTrue(device.soft(), "it needs switches that the software device has, and this is a GPU");
        return device.softDevice().orElseThrow();
    }

    /** Lets streams run as late as they may, or not; on a GPU, which decides that by itself, the first is skipped. */
    public static void lateStreams(Device device, boolean late) {
        assumeTrue(device.soft() || !late, "when streams run is the GPU's to say");
        device.softDevice().ifPresent(soft -> soft.lateStreams(late));
    }
}
