package io.gimbal.kernels;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.device.PtxUnderTest;
import io.gimbal.device.Resources;
import io.gimbal.device.SoftDevice;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The devices of a class of kernel tests, the one under test and the one that runs PTX: each opened when first asked
 * for, both closed and set back behind the class. An error that sticks to one sticks to the other, since their context
 * is one, so they are given up together.
 */
final class KernelDevice implements AfterAllCallback {
    private static Device underTest;
    private static Device byPtx;
    private static UnaryOperator<String> change;

    /** The device to run on in this way; the test is skipped where there is none. */
    static synchronized Device get(Way way) {
        if (way == Way.PTX) {
            byPtx = byPtx == null ? openPtx() : byPtx;
            return byPtx;
        }
        underTest = underTest == null ? DeviceUnderTest.open() : underTest;
        return underTest;
    }

    private static Device openPtx() {
        return change == null ? PtxUnderTest.open() : PtxUnderTest.open(change);
    }

    /**
     * Lets tests run by PTX alone, over kernels whose files' texts are changed.
     *
     * @param texts what becomes of each text; null lets tests run in all ways again, over the kernels as they are
     */
    static synchronized void mutate(UnaryOperator<String> texts) {
        change = texts;
    }

    /** Whether {@link #mutate} lets tests run by PTX alone. */
    static synchronized boolean mutated() {
        return change != null;
    }

    /** Closes the devices; the next {@link #get} opens another. */
    static synchronized void close() {
        List<Device> open = Stream.of(underTest, byPtx).filter(Objects::nonNull).toList();
        Optional<SoftDevice> switches = open.stream().findFirst().flatMap(Device::softDevice);
        Resources devices = new Resources();
        open.forEach(devices::keep);
        underTest = null;
        byPtx = null;
        try {
            devices.close();
        } finally {
            switches.ifPresent(soft -> {
                soft.simt(false);
                soft.guard(false);
                soft.poison(false);
            });
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close();
    }
}
