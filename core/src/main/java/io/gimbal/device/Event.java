package io.gimbal.device;

import io.gimbal.cuda.Driver;

/**
 * A mark in a stream, for other streams or the host to wait for. One that was never recorded counts as done. Whoever
 * made it owns it. Thread-safe, but a wait sees the recording that was made last before it.
 */
public final class Event extends DeviceResource {
    private final long handle;
    private final boolean timing;

    Event(Device device, long handle, boolean timing) {
        super(device, true);
        this.handle = handle;
        this.timing = timing;
    }

    /** {@return the driver's handle} */
    public long handle() {
        requireOpen();
        return handle;
    }

    /**
     * Marks the work that is in the stream now.
     *
     * @param stream of the same device
     */
    public void record(Stream stream) {
        driver().recordEvent(handle, stream.handle());
    }

    /** Lets the host wait until the marked work is done. */
    public void synchronize() {
        driver().synchronizeEvent(handle);
    }

    /** {@return whether the marked work is done; does not wait} */
    public boolean done() {
        return driver().eventDone(handle);
    }

    /**
     * The time from {@code earlier} to this, as the device measured it. Both must be done and made by {@link
     * Device#newTimingEvent}.
     *
     * @param earlier an event of the same device
     * @return milliseconds
     */
    public float millisecondsSince(Event earlier) {
        if (!timing || !earlier.timing) {
            throw new IllegalStateException("only events from newTimingEvent() measure time");
        }
        return driver().elapsedMilliseconds(earlier.handle(), handle);
    }

    @Override
    String title() {
        return "event 0x" + Long.toHexString(handle);
    }

    @Override
    void release(Driver driver) {
        driver.destroyEvent(handle);
    }

    @Override
    public String toString() {
        return title();
    }
}
