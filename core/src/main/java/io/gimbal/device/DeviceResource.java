package io.gimbal.device;

import io.gimbal.cuda.Driver;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Something that lives on a device: closed once, refused after that by name, gone with its device. What somebody else
 * made is closed in the same way, but stays with its maker.
 */
abstract sealed class DeviceResource implements AutoCloseable permits DeviceMemory, PinnedMemory, Stream, Event, Graph,
        LoadedKernel {
    private final Device device;
    private final boolean owned;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** @param owned whether closing gives it back; false for what somebody else made */
    DeviceResource(Device device, boolean owned) {
        this.device = device;
        this.owned = owned;
        device.adopt(this);
    }

    /** What messages call it. */
    abstract String title();

    /** Gives it back to the driver; called once, and only if it is owned. */
    abstract void release(Driver driver);

    final Device device() {
        return device;
    }

    /** The driver, with the device's context current on this thread. */
    final Driver driver() {
        if (closed.get()) {
            throw new IllegalStateException(title() + " is closed");
        }
        return device.currentDriver();
    }

    final void requireOpen() {
        if (closed.get()) {
            throw new IllegalStateException(title() + " is closed");
        }
    }

    /** Gives back what it has taken besides, also where somebody else made it. */
    void releaseParts() {
    }

    private void giveBack(Driver driver) {
        Resources parts = new Resources();
        if (owned) {
            parts.keep(() -> release(driver));
        }
        parts.keep(this::releaseParts);
        parts.close();
    }

    /** {@return whether it is closed} */
    public final boolean closed() {
        return closed.get();
    }

    /**
     * Gives it back, unless somebody else made it: that stays as it is, but cannot be used through this any more.
     * Closing again does nothing; closing the device closes what is still open on it.
     */
    @Override
    public final void close() {
        if (closed.compareAndSet(false, true)) {
            device.disown(this);
            device.releasingDriver().ifPresent(this::giveBack);
        }
    }
}
