package io.gimbal.cuda.checked;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.SoftwareSearch;
import io.gimbal.cuda.panama.PanamaBinding;
import org.junit.jupiter.api.function.Executable;

/** A checked binding of the software device, with its context current on this thread; closing frees all in it. */
final class CheckedSoftware implements AutoCloseable {
    final Binding plain = PanamaBinding.ofSoftware(SoftwareSearch.places());
    final Binding binding = CheckedBinding.of(plain);
    final CheckedDriver driver = (CheckedDriver) binding.driver();
    private final int device;

    CheckedSoftware() {
        driver.initialize();
        device = driver.device(0);
        driver.setCurrentContext(driver.retainPrimaryContext(device));
    }

    @Override
    public void close() {
        driver.synchronizeContext();
        driver.setCurrentContext(0);
        driver.releasePrimaryContext(device);
    }

    static void refusesPointer(Executable call, String... parts) {
        assertParts(assertThrows(IllegalArgumentException.class, call), parts);
    }

    static void refusesHandle(Executable call, String... parts) {
        assertParts(assertThrows(IllegalStateException.class, call), parts);
    }

    private static void assertParts(RuntimeException refused, String... parts) {
        for (String part : parts) {
            assertTrue(refused.getMessage().contains(part),
                    () -> "'" + refused.getMessage() + "' does not contain '" + part + "'");
        }
    }

    static String hex(long address) {
        return "0x" + Long.toHexString(address);
    }
}
