package io.gimbal.device;

import io.gimbal.cuda.BindingKind;
import java.util.Locale;

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

    /** Why a test is skipped on a GPU; for {@code assumeFalse(gpu(), ...)}. */
    public static String needsSoftwareDevice(String what) {
        return what + " is the software device's; this is a GPU (" + PROPERTY + "="
                + kind().name().toLowerCase(Locale.ROOT) + ")";
    }
}
