package io.gimbal.measure;

import io.gimbal.device.Device;
import io.gimbal.device.Kernel;
import io.gimbal.device.KernelCounts;
import io.gimbal.device.NvrtcLibrary;
import io.gimbal.device.SoftDevice;
import io.gimbal.device.Stream;
import java.util.List;

/**
 * Counts what launches do, by their PTX. Owns a stream; whoever made the device closes it. Not thread-safe.
 */
public final class KernelCounter implements AutoCloseable {
    /** That of an H200. */
    public static final String ARCHITECTURE = "sm_90";
    /** Of the sizes at which kernels are timed the one that takes the least time to count. */
    public static final ImageSize SIZE = KernelCases.sizes(1).getFirst();

    private final Device device;
    private final SoftDevice soft;
    private final NvrtcLibrary nvrtc;
    private final Stream stream;

    /**
     * Counts on a device.
     *
     * @param device one of {@link Device#openPtx}, for {@value #ARCHITECTURE}
     * @param nvrtc  says what kernels need of a multiprocessor
     */
    public KernelCounter(Device device, NvrtcLibrary nvrtc) {
        this.device = device;
        this.soft = device.softDevice().orElseThrow();
        this.nvrtc = nvrtc;
        stream = device.newStream();
    }

    /**
     * {@return the launches of all kernels at the given sizes}
     *
     * @param sizes of the images
     */
    public static List<KernelCase> cases(List<ImageSize> sizes) {
        return KernelCases.of(sizes, KernelCases.SOFT_WIDTH);
    }

    /**
     * Launches it once.
     *
     * @param launch which one
     * @return what it did
     */
    public CountedKernel count(KernelCase launch) {
        Kernel kernel = device.kernel(launch.file(), launch.kernel());
        try (KernelBuffers memory = new KernelBuffers(device, stream)) {
            Object[] arguments = launch.arguments().apply(memory);
            stream.synchronize();
            soft.count(true);
            kernel.launch(stream, launch.blocks(), arguments);
            stream.synchronize();
            List<KernelCounts> counts = soft.counts();
            soft.count(false);
            return CountedKernel.of(launch, arguments, counts.getFirst(),
                    nvrtc.resources(launch.file(), ARCHITECTURE).get(launch.kernel()), ARCHITECTURE);
        }
    }

    @Override
    public void close() {
        stream.close();
    }
}
