package io.gimbal.device;

import io.gimbal.cuda.Blas;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.Driver;

/**
 * A queue of work: what is put in runs in order, beside what is in other streams, and the host goes on at once. Errors
 * of the work show at a later call. Whoever made it owns it. One thread at a time may put work in, by its cuBLAS and
 * cuDNN handles too, the maker's threads among them where {@link #of} took it over; several threads may wait for it.
 */
public final class Stream extends DeviceResource {
    private final long handle;
    private volatile long blasHandle;
    private volatile long dnnHandle;

    Stream(Device device, long handle, boolean owned) {
        super(device, owned);
        this.handle = handle;
    }

    /**
     * A stream that somebody else made in the device's context. What is put in through this runs in order with what its
     * maker puts in. It stays its maker's: closing this does not destroy it. The maker keeps it until this is closed
     * and what was put in is done. The legacy default stream, 0, will do for all but captures.
     *
     * @param device in whose context it was made
     * @param handle the driver's handle
     * @return a stream over it
     * @throws IllegalArgumentException if it is a stream of another context
     * @throws CudaException            if the driver finds that it is no stream
     */
    public static Stream of(Device device, long handle) {
        long context = device.currentDriver().streamContext(handle);
        if (context != device.context()) {
            throw new IllegalArgumentException("stream 0x" + Long.toHexString(handle) + " is of context 0x"
                    + Long.toHexString(context) + ", the device is over context 0x" + Long.toHexString(device.context())
                    + ": take a stream of that one, or a device over the stream's context");
        }
        return new Stream(device, handle, false);
    }

    /** {@return the driver's handle} */
    public long handle() {
        requireOpen();
        return handle;
    }

    /** {@return the cuBLAS handle that puts its work in here; made at first use, and closed with the stream} */
    public long blasHandle() {
        driver();
        if (blasHandle == 0) {
            synchronized (Device.WHOLE_CONTEXT) {
                if (blasHandle == 0) {
                    blasHandle = madeBlas(device().blas());
                }
            }
        }
        return blasHandle;
    }

    private long madeBlas(Blas blas) {
        long made = blas.create();
        try {
            blas.setStream(made, handle);
            return made;
        } catch (RuntimeException failure) {
            blas.destroy(made);
            throw failure;
        }
    }

    /** {@return the cuDNN handle that puts its work in here; made at first use, and closed with the stream} */
    public long dnnHandle() {
        driver();
        if (dnnHandle == 0) {
            synchronized (Device.WHOLE_CONTEXT) {
                if (dnnHandle == 0) {
                    dnnHandle = madeDnn(device().dnn());
                }
            }
        }
        return dnnHandle;
    }

    private long madeDnn(Dnn dnn) {
        long made = dnn.create();
        try {
            dnn.setStream(made, handle);
            return made;
        } catch (RuntimeException failure) {
            dnn.destroy(made);
            throw failure;
        }
    }

    /**
     * Lets later work here wait for the event's work; the host goes on.
     *
     * @param event of the same device
     */
    public void waitFor(Event event) {
        driver().streamWaitEvent(handle, event.handle());
    }

    /** Lets the host wait until all work here is done. */
    public void synchronize() {
        driver().synchronizeStream(handle);
    }

    /** {@return whether all work here is done; does not wait} */
    public boolean done() {
        return driver().streamDone(handle);
    }

    /**
     * Copies {@code bytes} of {@code source}, from {@code offset} on, to the device pointer {@code destination}. The
     * source must stay unchanged until the copy is done.
     *
     * @param destination with room for the bytes
     * @param source      page-locked
     * @param offset      in the source, in bytes
     * @param bytes       how many
     */
    public void copyToDevice(long destination, PinnedMemory source, long offset, long bytes) {
        checkRange(source, offset, bytes);
        driver().copyHostToDevice(destination, source.address() + offset, bytes, handle);
    }

    /**
     * Copies {@code bytes} from the device pointer {@code source} into {@code destination}, from {@code offset} on.
     *
     * @param destination page-locked
     * @param offset      in the destination, in bytes
     * @param source      with as many bytes
     * @param bytes       how many
     */
    public void copyToHost(PinnedMemory destination, long offset, long source, long bytes) {
        checkRange(destination, offset, bytes);
        driver().copyDeviceToHost(destination.address() + offset, source, bytes, handle);
    }

    /**
     * Copies {@code bytes} between device pointers; the ranges must not overlap.
     *
     * @param destination with room for the bytes
     * @param source      with as many bytes
     * @param bytes       how many
     */
    public void copy(long destination, long source, long bytes) {
        driver().copyDeviceToDevice(destination, source, bytes, handle);
    }

    /**
     * Writes {@code count} 32-bit words of {@code value}; {@code destination} is 4-byte aligned.
     *
     * @param destination with room for the words
     * @param value       of each word
     * @param count       how many words
     */
    public void fillWords(long destination, int value, long count) {
        driver().fillWords(destination, value, count, handle);
    }

    /**
     * Writes {@code count} bytes of {@code value}.
     *
     * @param destination with room for the bytes
     * @param value       of each byte
     * @param count       how many bytes
     */
    public void fillBytes(long destination, byte value, long count) {
        driver().fillBytes(destination, value, count, handle);
    }

    /**
     * Captures what {@code work} puts into this stream, and into others that wait for it, as a graph; nothing of it
     * runs. Every other stream that took part must be waited for by this one before {@code work} ends. While it
     * captures, this thread must not wait for these streams, and {@code work} must not wait for another thread: what
     * that one does to the whole context waits until the capture is done.
     *
     * @param work puts operations in; runs once, on this thread
     * @return the graph, to be closed
     * @throws CudaException if something in {@code work} cannot be captured
     */
    public Graph capture(Runnable work) {
        synchronized (Device.WHOLE_CONTEXT) {
            return captured(work);
        }
    }

    private Graph captured(Runnable work) {
        Driver driver = driver();
        driver.beginCapture(handle);
        try {
            work.run();
        } catch (RuntimeException | Error problem) {
            abandonCapture(driver, problem);
            throw problem;
        }
        long graph = driver.endCapture(handle);
        try {
            return new Graph(device(), driver.instantiateGraph(graph), driver.graphNodeCount(graph));
        } finally {
            driver.destroyGraph(graph);
        }
    }

    private void abandonCapture(Driver driver, Throwable problem) {
        try {
            long graph = driver.endCapture(handle);
            if (graph != 0) {
                driver.destroyGraph(graph);
            }
        } catch (CudaException spoiled) {
            problem.addSuppressed(spoiled);
        }
    }

    /**
     * Puts the whole graph in.
     *
     * @param graph captured on the same device
     */
    public void launch(Graph graph) {
        driver().launchGraph(graph.executable(), handle);
    }

    private static void checkRange(PinnedMemory memory, long offset, long bytes) {
        if (offset < 0 || bytes < 0 || offset > memory.bytes() - bytes) {
            throw new IndexOutOfBoundsException(bytes + " bytes from " + offset + " on do not lie in " + memory);
        }
    }

    @Override
    String title() {
        return "stream 0x" + Long.toHexString(handle);
    }

    @Override
    void releaseParts() {
        if (blasHandle == 0 && dnnHandle == 0) {
            return;
        }
        synchronized (Device.WHOLE_CONTEXT) {
            Resources handles = new Resources();
            if (blasHandle != 0) {
                handles.keep(() -> device().blas().destroy(blasHandle));
            }
            if (dnnHandle != 0) {
                handles.keep(() -> device().dnn().destroy(dnnHandle));
            }
            handles.close();
        }
    }

    @Override
    void release(Driver driver) {
        driver.destroyStream(handle);
    }

    @Override
    public String toString() {
        return title();
    }
}
