package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is in use on a device at some moment: of the software device, all that it counts; of a GPU, its memory in bytes,
 * which its driver knows for all programs together. Nothing else may use a GPU meanwhile.
 */
public final class ResourcesInUse {
    /**
     * What a GPU's memory may differ by. Its driver takes memory in pages of 2 MiB, and keeps a few of them for
     * launches and modules. The software device counts exactly.
     */
    public static final long SLACK_BYTES_OF_A_GPU = 16 << 20;

    private static final String MEMORY = "bytes of the GPU's memory";
    private static final List<String> COUNTED = List.of("live_allocations", "live_bytes", "live_host_allocations",
            "live_host_bytes", "live_streams", "live_events", "live_graphs", "live_executables", "live_modules",
            "live_communicators");

    private final Device device;
    private final Map<String, Long> figures;

    private ResourcesInUse(Device device) {
        this.device = device;
        this.figures = figures(device);
    }

    /** What is in use now. */
    public static ResourcesInUse of(Device device) {
        return new ResourcesInUse(device);
    }

    private static Map<String, Long> figures(Device device) {
        Map<String, Long> figures = new LinkedHashMap<>();
        device.softDevice().ifPresentOrElse(soft -> COUNTED.forEach(what -> figures.put(what, soft.get(what))),
                () -> figures.put(MEMORY, device.totalMemory() - device.freeMemory()));
        return figures;
    }

    /** Bytes of device memory. */
    public long bytes() {
        return figures.get(device.soft() ? "live_bytes" : MEMORY);
    }

    /** Fails if more is in use now than was then. */
    public void assertNoMoreIsInUseNow() {
        long slack = device.soft() ? 0 : SLACK_BYTES_OF_A_GPU;
        figures(device).forEach((what, now) -> assertTrue(now <= figures.get(what) + slack,
                () -> what + ": " + now + " now where there were " + figures.get(what)));
    }
}
