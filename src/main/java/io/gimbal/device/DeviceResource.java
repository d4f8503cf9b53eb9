package io.gimbal.device;

import io.gimbal.cuda.Driver;
import java.util.concurrent.atomic.AtomicBoolean;

/** Something that lives on a device: closed once, refused after that by name, gone with its device. */
abstract sealed class DeviceResource implements AutoCloseable permits DeviceMemory, PinnedMemory, Stream, Event, Graph {
    private final Device device;
    private final AtomicBoolean closed = new AtomicBoolean();

    DeviceResource(Device device) {
        this.device = device;
        device.adopt(this);
    }

    /** What messages call it. */
    abstract String title();

    /** Gives it back to the driver; called once. */
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

    /** Gives it back. Closing again does nothing; closing the device closes what is still open on it. */
    @Override
    public final void close() {
        if (closed.compareAndSet(false, true)) {
            device.disown(this);
            release(device.currentDriver());
        }
    }
}
