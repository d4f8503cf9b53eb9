package io.gimbal.device;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Blas;
import io.gimbal.cuda.Collectives;
import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.Counters;
import io.gimbal.cuda.CountingDriver;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.Driver;
import io.gimbal.cuda.checked.CheckedBinding;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A device to compute on: a GPU, or the software device, which computes on the processor behind the same functions.
 *
 * <p>It owns the context, the compiled kernels, and everything made through it. Closing the device closes what is still
 * open on it, the newest first; nothing is ever freed behind the program's back.
 *
 * <p>Any number of threads may use a device at once: every method may be called from any thread, and what is made on it
 * works side by side, two trainers that two threads build and run among them. A {@link Stream} and its cuBLAS and cuDNN
 * handles are for one thread at a time, and so is what is built from one, such as a trainer, which refuses a second
 * thread by name ({@link ThreadConfinement}). While a stream is captured, what touches the whole context (waiting for
 * it, loading kernels, making and destroying handles, closing the device) waits until the capture is done. Closing a
 * device while another thread is inside a call of a trainer or an inference step on it is refused; other threads that
 * use streams, events and memory of their own must have ended their calls.
 *
 * <p>A program that uses CUDA already hands its things over by their numbers: its context to {@link #of(long)}, its
 * streams to {@link Stream#of}, its memory to {@link DeviceMemory#of}. Each stays the program's, which keeps it alive
 * until the device (the stream, the memory) is closed and the work that uses it is done. {@link #context}, {@link
 * Stream#handle}, {@link DeviceMemory#address} and {@link Event#handle} are the numbers to hand back.
 *
 * <p>Every call leaves the device's context current on the calling thread.
 */
public final class Device implements AutoCloseable {
    private static final int ATTRIBUTE_MULTIPROCESSORS = 16;
    private static final int ATTRIBUTE_CAPABILITY_MAJOR = 75;
    private static final int ATTRIBUTE_CAPABILITY_MINOR = 76;
    private static final int STAGING_BYTES = 1 << 20;

    /**
     * Held by a capture, and by what touches a whole context: a driver lets the one spoil the other. One for all
     * devices, since several may be over one context. Whoever holds it may take the other locks here, never the other
     * way round.
     */
    static final Object WHOLE_CONTEXT = new Object();

    private final Binding binding;
    private final BindingKind by;
    private final CountingDriver driver;
    private final int ordinal;
    private final long context;
    private final boolean contextOwned;
    private final String reason;
    private final Set<DeviceResource> resources = new LinkedHashSet<>();
    private final List<ThreadConfinement> confined = new ArrayList<>();
    private final Map<String, Compiler.Compilation> compiled = new ConcurrentHashMap<>();
    private final Map<String, Module> modules = new ConcurrentHashMap<>();
    private final Object transfers = new Object();
    private Stream transferStream;
    private PinnedMemory staging;
    private volatile Thread closer;
    private volatile boolean closed;

    /** @param foreign somebody else's context to be over; empty for the device's primary one */
    Device(Binding binding, BindingKind by, String reason, OptionalLong foreign) {
        if (foreign.isPresent() && foreign.getAsLong() == 0) {
            throw new IllegalArgumentException("context 0 is no context: hand over the handle of one that cuCtxCreate"
                    + " or cuDevicePrimaryCtxRetain gave");
        }
        this.binding = CheckedBinding.ON ? CheckedBinding.of(binding) : binding;
        this.by = by;
        this.reason = reason;
        this.driver = new CountingDriver(this.binding.driver());
        this.contextOwned = foreign.isEmpty();
        driver.initialize();
        if (contextOwned) {
            this.ordinal = driver.device(0);
            this.context = driver.retainPrimaryContext(ordinal);
        } else {
            this.context = foreign.getAsLong();
            driver.setCurrentContext(context);
            this.ordinal = driver.contextDevice();
        }
    }

    /**
     * Opens a device.
     *
     * @param kind which device, or the choice of it
     * @return the device, to be closed last of all that is on it
     * @throws IllegalStateException if there is none of that kind, with every place where its libraries were looked for
     */
    public static Device open(DeviceKind kind) {
        return open(kind, BindingKind.PANAMA);
    }

    /**
     * Opens a device by one of the bindings.
     *
     * @param kind which device, or the choice of it
     * @param by   what calls CUDA
     * @return the device, to be closed last of all that is on it
     * @throws IllegalStateException if there is none of that kind, with every place where its libraries were looked for
     */
    public static Device open(DeviceKind kind, BindingKind by) {
        return DeviceChoice.open(kind, by);
    }

    /**
     * Opens the software device of a given library.
     *
     * @param library the file {@code libsoftcuda.so}
     * @return the device, to be closed last of all that is on it
     * @throws IllegalStateException if the library cannot be loaded
     */
    public static Device openSoft(Path library) {
        return DeviceChoice.openSoft(library);
    }

    /**
     * Opens the software device as one that runs, instruction by instruction, what the real NVRTC makes of the kernels
     * for a GPU of that architecture, and watches while it does: for races in shared and global memory, accesses beyond
     * an allocation or misaligned, shared memory that is read and was never written, {@code nc} loads of what the same
     * launch writes, and barriers that not all threads of a block reach. What it finds is an error that sticks, whose
     * message names the kernel, the line and the threads; an instruction that it does not know is refused by name when
     * the kernels are loaded. Matrix products and convolutions are the software device's. A kernel takes hundreds of
     * times as long as on the software device: this is for tests, and for counting what a GPU executes.
     *
     * @param architecture as the compilers write it, such as "sm_90"; one that the installed NVRTC does not know fails
     *                     with its words when a kernel is compiled
     * @return the device, to be closed last of all that is on it
     * @throws IllegalArgumentException if that is no architecture's name
     * @throws IllegalStateException    if NVRTC, which needs no GPU, or the software device cannot be loaded, with
     *                                  every place where it was looked for and what to install
     */
    public static Device openPtx(String architecture) {
        Objects.requireNonNull(architecture, "architecture is null");
        return DeviceChoice.openPtx(PtxCompiler.find(architecture));
    }

    /**
     * A device over a CUDA context that somebody else made, through the libraries that {@link #open} would take by
     * {@link DeviceKind#AUTO}: the GPU's driver if a GPU can be used, else the software device.
     *
     * @param context the driver's handle
     * @return a device, to be closed before the context ends
     * @see #of(DeviceKind, BindingKind, long)
     */
    public static Device of(long context) {
        return of(DeviceKind.AUTO, BindingKind.PANAMA, context);
    }

    /**
     * A device over a CUDA context that somebody else made by the driver of that kind, by JCuda or otherwise. The
     * context stays its maker's: closing the device closes what was made through it, but neither destroys nor releases
     * the context. The maker keeps it until then. Several devices may be over one context.
     *
     * @param kind    by whose driver the context was made
     * @param by      by what Gimbal calls CUDA; the context may come from any
     * @param context the driver's handle: of JCuda's {@code CUcontext}, {@code JcudaHandles.numberOf} of the artifact
     *                gimbal-jcuda; of a memory segment, its address
     * @return a device, to be closed before the context ends
     * @throws IllegalArgumentException if the context is 0
     * @throws CudaException            if the driver does not know the context
     * @throws IllegalStateException    if there is no device of that kind, with every place where its libraries were
     *                                  looked for
     */
    public static Device of(DeviceKind kind, BindingKind by, long context) {
        return DeviceChoice.of(kind, by, context);
    }

    /**
     * Loads the libraries that {@link #open(DeviceKind, BindingKind)} would open a device by, and opens none. A program
     * that calls JCuda by itself before it opens a device calls this first, with {@link BindingKind#JCUDA}, unless CUDA
     * 12 and cuDNN 9 are where the loader finds them: JCuda then reaches the same place, be that CUDA 13 or the
     * software device. One that calls the driver by foreign functions finds them in the file that is returned.
     *
     * @param kind which device, or the choice of it
     * @param by   what calls CUDA
     * @return the file that the driver's functions come from
     * @throws IllegalStateException if there is no device of that kind, with every place where its libraries were
     *                               looked for
     */
    public static Path load(DeviceKind kind, BindingKind by) {
        return DeviceChoice.load(kind, by);
    }

    /** {@return what can be run on, and why not the rest} Opens nothing for good. */
    public static Survey survey() {
        return DeviceChoice.survey();
    }

    /** {@return the driver's handle of the context that everything on the device lives in} */
    public long context() {
        return context;
    }

    /** {@return the device's name as its driver gives it} */
    public String name() {
        return currentDriver().deviceName(ordinal);
    }

    /** {@return whether this is the software device} For reports: nothing computes differently by it. */
    public boolean soft() {
        return binding.switches().isPresent();
    }

    /** {@return the software device's switches; empty on a GPU} */
    public Optional<SoftDevice> softDevice() {
        return binding.switches().map(SoftDevice::new);
    }

    /**
     * {@return one line: the device and the versions of its libraries, and why this device was chosen if that was not
     * asked for}
     */
    public String describe() {
        currentDriver();
        String line = soft()
                ? name() + ptx().map(ptx -> ", running the PTX of NVRTC " + ptx.version() + " for "
                + ptx.architecture()).orElse("")
                : name() + ", driver " + DeviceChoice.driverVersion(driver.version()) + ", NVRTC "
                + binding.compiler().version() + ", cuDNN " + DeviceChoice.dnnVersion(binding.dnn().version());
        line += by == BindingKind.PANAMA ? "" : ", by JCuda";
        return reason.isEmpty() ? line : line + " (" + reason + ")";
    }

    /** {@return the versions of its libraries} */
    public Versions versions() {
        return new Versions(DeviceChoice.driverVersion(currentDriver().version()), binding.compiler().version(),
                DeviceChoice.blasVersion(binding.blas().version(blasHandle())),
                DeviceChoice.dnnVersion(binding.dnn().version()));
    }

    /** {@return why this device was chosen, if by {@link DeviceKind#AUTO} for want of a GPU; else empty} */
    public String reason() {
        return reason;
    }

    /** {@return how many multiprocessors it has: a grid of a few times as many blocks keeps it busy} */
    public int multiprocessors() {
        return currentDriver().deviceAttribute(ATTRIBUTE_MULTIPROCESSORS, ordinal);
    }

    /** {@return its compute capability as the compilers write it, such as "sm_90"} */
    public String architecture() {
        Driver current = currentDriver();
        if (ptx().isPresent()) {
            return ptx().get().architecture();
        }
        return "sm_" + current.deviceAttribute(ATTRIBUTE_CAPABILITY_MAJOR, ordinal)
                + current.deviceAttribute(ATTRIBUTE_CAPABILITY_MINOR, ordinal);
    }

    /** {@return all of its memory, in bytes} */
    public long totalMemory() {
        return currentDriver().totalMemory(ordinal);
    }

    /** {@return the memory that is free now, in bytes} */
    public long freeMemory() {
        return currentDriver().freeMemory();
    }

    /**
     * Allocates device memory; its contents are undefined.
     *
     * @param bytes at least 1
     * @return the memory, which is freed when it or the device is closed
     * @throws CudaException if there is not enough
     */
    public DeviceMemory allocate(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("cannot allocate " + bytes + " bytes");
        }
        return new DeviceMemory(this, currentDriver().allocate(bytes), bytes, true);
    }

    /**
     * Allocates page-locked host memory; its contents are undefined.
     *
     * @param bytes 1 to 2^31 - 1
     * @return the memory, which is freed when it or the device is closed
     */
    public PinnedMemory allocatePinned(long bytes) {
        if (bytes < 1 || bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("cannot allocate " + bytes + " pinned bytes: a buffer holds 1 to "
                    + Integer.MAX_VALUE);
        }
        Driver current = currentDriver();
        long address = current.allocateHost(bytes);
        return new PinnedMemory(this, address, bytes, current.hostBuffer(address, bytes));
    }

    /**
     * Makes a stream. It does not wait for the legacy default stream.
     *
     * @return the stream, to be closed
     */
    public Stream newStream() {
        return new Stream(this, currentDriver().createStream(), true);
    }

    /**
     * Makes an event that orders work but measures no time.
     *
     * @return the event, to be closed
     */
    public Event newEvent() {
        return new Event(this, currentDriver().createEvent(false), false);
    }

    /**
     * Makes an event that measures time.
     *
     * @return the event, to be closed
     */
    public Event newTimingEvent() {
        return new Event(this, currentDriver().createEvent(true), true);
    }

    /**
     * A kernel by its file and name. The file is compiled for this device at its first use.
     *
     * @param file the subject, such as "elementwise" for {@code elementwise.cu}
     * @param name the kernel, such as "add"
     * @return the kernel, which ends with the device
     * @throws IllegalArgumentException if there is no such file or kernel
     * @throws CudaException            with the compiler's log if the file does not compile
     */
    public Kernel kernel(String file, String name) {
        Objects.requireNonNull(name, "name is null");
        Driver current = currentDriver();
        Module known = modules.get(file);
        Module module = known == null ? load(current, file) : known;
        List<KernelParameter> parameters = module.parameters().get(name);
        if (parameters == null) {
            throw new IllegalArgumentException(file + ".cu has no kernel " + name + "; it has "
                    + module.parameters().keySet());
        }
        return module.kernels().computeIfAbsent(name, unused -> new Kernel(this, file + ".cu", name,
                current.function(module.handle(), name), parameters));
    }

    /** Compiles it beside whatever else goes on, once; loads it while nothing is captured. */
    private Module load(Driver current, String file) {
        KernelSource source = KernelSource.read(file);
        Compiler.Compilation compilation = compiled.computeIfAbsent(file, unused -> binding.compiler().compile(
                source.file(), source.text(), source.headers(), KernelOptions.forArchitecture(architecture())));
        synchronized (WHOLE_CONTEXT) {
            Module module = modules.computeIfAbsent(file, unused -> new Module(current.loadModule(compilation.image()),
                    source.kernels(), new ConcurrentHashMap<>()));
            compiled.remove(file);
            return module;
        }
    }

    Compiler compiler() {
        return binding.compiler();
    }

    private Optional<PtxCompiler> ptx() {
        return binding.compiler() instanceof PtxCompiler ptx ? Optional.of(ptx) : Optional.empty();
    }

    /** {@return the functions of cuDNN} */
    public Dnn dnn() {
        return binding.dnn();
    }

    /** {@return the functions of NCCL} */
    public Collectives collectives() {
        return binding.collectives();
    }

    /** {@return the functions of cuBLAS} */
    public Blas blas() {
        return binding.blas();
    }

    /**
     * {@return a cuBLAS handle to ask for its version by} Work is put in by that of a stream,
     * {@link Stream#blasHandle}.
     */
    public long blasHandle() {
        synchronized (transfers) {
            openTransfers();
        }
        return transferStream.blasHandle();
    }

    /** {@return the driver, counting, with this device's context current on the calling thread} */
    public Driver driver() {
        return currentDriver();
    }

    /** {@return how often the driver was asked to do what costs time, since this device was opened} */
    public Counters counters() {
        return driver.counters();
    }

    /** Lets the host wait until all work on the device is done. */
    public void synchronize() {
        synchronized (WHOLE_CONTEXT) {
            currentDriver().synchronizeContext();
        }
    }

    /**
     * Copies the buffer's remaining bytes to the start of {@code destination} and waits for it. The buffer's position
     * stays. For set-up and tests.
     *
     * @param destination of at least as many bytes
     * @param source      direct or not
     */
    public void upload(DeviceMemory destination, ByteBuffer source) {
        checkFits(destination, source.remaining());
        upload(destination.address(), source);
    }

    /**
     * Copies the buffer's remaining bytes to a device pointer and waits for it. The buffer's position stays. For set-up
     * and tests.
     *
     * @param destination with room for as many bytes
     * @param source      direct or not
     */
    public void upload(long destination, ByteBuffer source) {
        synchronized (transfers) {
            openTransfers();
            ByteBuffer rest = source.duplicate();
            long address = destination;
            while (rest.hasRemaining()) {
                int bytes = Math.min(rest.remaining(), STAGING_BYTES);
                staging.buffer().put(rest.slice(rest.position(), bytes));
                rest.position(rest.position() + bytes);
                transferStream.copyToDevice(address, staging, 0, bytes);
                transferStream.synchronize();
                address += bytes;
            }
        }
    }

    /**
     * Fills the buffer's remaining bytes from the start of {@code source}, when they are there. The buffer's position
     * stays. For set-up and tests.
     *
     * @param source      of at least as many bytes
     * @param destination direct or not
     */
    public void download(DeviceMemory source, ByteBuffer destination) {
        checkFits(source, destination.remaining());
        download(source.address(), destination);
    }

    /**
     * Fills the buffer's remaining bytes from a device pointer and returns when they are there. The buffer's position
     * stays. It does not wait for other streams: synchronise what writes there first. For set-up and tests.
     *
     * @param source      with as many bytes
     * @param destination direct or not
     */
    public void download(long source, ByteBuffer destination) {
        synchronized (transfers) {
            openTransfers();
            ByteBuffer rest = destination.duplicate();
            long address = source;
            while (rest.hasRemaining()) {
                int bytes = Math.min(rest.remaining(), STAGING_BYTES);
                transferStream.copyToHost(staging, 0, address, bytes);
                transferStream.synchronize();
                rest.put(staging.buffer().slice(0, bytes));
                address += bytes;
            }
        }
    }

    private static void checkFits(DeviceMemory memory, int bytes) {
        if (bytes > memory.bytes()) {
            throw new IndexOutOfBoundsException(bytes + " bytes do not fit " + memory);
        }
    }

    private void openTransfers() {
        currentDriver();
        if (transferStream == null) {
            transferStream = newStream();
            staging = allocatePinned(STAGING_BYTES);
        }
    }

    /** The driver, after making this device's context current on the calling thread. */
    Driver currentDriver() {
        requireOpen();
        // At every call: whoever else uses CUDA on this thread may have made another context current since the last,
        // over a context of our own as well. It costs 0.06 microseconds on the software device, and a step makes some
        // ten calls, so there is nothing to gain by asking first.
        driver.setCurrentContext(context);
        return driver;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the device is closed");
        }
        Thread closing = closer;
        if (closing != null && closing != Thread.currentThread()) {
            throw new IllegalStateException("the device is being closed by thread '" + closing.getName() + "'");
        }
    }

    /** The driver for giving something back; empty once the context is gone, and all with it. */
    Optional<Driver> releasingDriver() {
        if (closed) {
            return Optional.empty();
        }
        driver.setCurrentContext(context);
        return Optional.of(driver);
    }

    void adopt(ThreadConfinement object) {
        synchronized (confined) {
            requireOpen();
            confined.add(object);
        }
    }

    void disown(ThreadConfinement object) {
        synchronized (confined) {
            confined.remove(object);
        }
    }

    void adopt(DeviceResource resource) {
        synchronized (resources) {
            resources.add(resource);
        }
    }

    void disown(DeviceResource resource) {
        synchronized (resources) {
            resources.remove(resource);
        }
    }

    /**
     * Waits for the context's work, then closes everything on the device, the newest first, and gives the context back
     * unless it is somebody else's, who must not be capturing a stream of it now. Closing again does nothing. Every
     * part is closed even if another fails to; the first failure is thrown at the end and carries the later ones.
     *
     * @throws IllegalStateException if another thread is inside a call of a trainer or an inference step on the device;
     *                               nothing is closed then
     */
    @Override
    public void close() {
        synchronized (WHOLE_CONTEXT) {
            if (closed) {
                return;
            }
            Resources parts = new Resources();
            if (contextOwned) {
                parts.keep(() -> driver.releasePrimaryContext(ordinal));
            }
            parts.keep(() -> closed = true);
            modules.values().forEach(module -> parts.keep(() -> currentDriver().unloadModule(module.handle())));
            parts.keep(this::closeResources);
            parts.keep(beginClosing());
            parts.keep(() -> currentDriver().synchronizeContext());
            parts.close();
        }
    }

    /** Lets no other thread in any more, unless one is inside a call; what is confined to threads is still to close. */
    private Resources beginClosing() {
        synchronized (confined) {
            Resources ended = ThreadConfinement.endTogether(confined.reversed());
            closer = Thread.currentThread();
            return ended;
        }
    }

    private void closeResources() {
        Resources open = new Resources();
        synchronized (resources) {
            resources.forEach(open::keep);
        }
        open.close();
    }

    private record Module(long handle, Map<String, List<KernelParameter>> parameters, Map<String, Kernel> kernels) {}
}
