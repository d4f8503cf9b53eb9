package io.gimbal.dnn;

import io.gimbal.config.Config;
import io.gimbal.config.FilePath;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A GPU that need not be here, as cuDNN describes one: the JSON of {@code CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION},
 * to which {@code limits} may be added.
 *
 * @param name         such as "NVIDIA H200"
 * @param architecture its compute capability, such as "sm_90"
 * @param memoryBytes  all of its memory
 * @param properties   the JSON for cuDNN
 * @param limits       what it can do at best, where the description says so
 */
public record DeviceDescription(String name, String architecture, long memoryBytes, String properties,
        Optional<DeviceLimits> limits) {
    /** The descriptions that come with Gimbal, by the names that {@link #read} takes. */
    public static final List<String> KNOWN = List.of("h200");

    private static final String LIMITS = "limits";
    private static final List<String> COUNTS = List.of("deviceVer", "driverVer", "regsPerBlock", "multiProcessorCount",
            "smClockRateKHz", "memClockRateKHz", "l2CacheSize", "maxSharedMemoryPerBlock",
            "maxSharedMemoryPerBlockOptin", "maxRegistersPerSM", "maxCtasPerSM", "maxThreadsPerBlock",
            "maxThreadsPerSM", "totalGlobalMem");
    private static final List<String> NUMBERS = List.of("cudaDeviceId", "reservedSharedMemoryPerBlock", "pciDeviceId",
            "isTccDriver", "supportCoopLaunch");
    private static final List<String> SIZES = List.of("maxGridSize", "maxBlockSize");
    private static final int WARP = 32;

    /**
     * Reads a description.
     *
     * @param nameOrFile one of {@link #KNOWN}, or a JSON file
     * @throws UserException where there is no such file, or it is no such description
     */
    public static DeviceDescription read(String nameOrFile) {
        if (KNOWN.contains(nameOrFile)) {
            return known(nameOrFile);
        }
        Path file = FilePath.of(nameOrFile, "the device");
        if (Files.notExists(file)) {
            throw new UserException("The device " + Names.quote(nameOrFile) + " is not known, nor is there such a "
                    + "file; it may be " + String.join(", ", KNOWN) + " or a JSON file that describes a device as "
                    + "cuDNN does.");
        }
        return of(Config.read(file));
    }

    /** The limits of a known device of that name; empty for others. */
    public static Optional<DeviceLimits> limitsOf(String deviceName) {
        return KNOWN.stream().map(DeviceDescription::known).filter(known -> known.name.equals(deviceName)).findFirst()
                .flatMap(DeviceDescription::limits);
    }

    private static DeviceDescription known(String name) {
        String resource = "/io/gimbal/devices/" + name + ".json";
        try (InputStream in = DeviceDescription.class.getResourceAsStream(resource)) {
            return of(Config.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), name));
        } catch (IOException unreadable) {
            throw new UncheckedIOException("cannot read the class path's " + resource, unreadable);
        }
    }

    static DeviceDescription of(Config root) {
        String name = root.text("deviceName");
        COUNTS.forEach(key -> count(root, key));
        NUMBERS.forEach(root::longInteger);
        for (String key : SIZES) {
            if (root.positives(key).length != 3) {
                throw root.error(key, "must be a list of 3 whole numbers: the sizes along x, y and z");
            }
        }
        if (root.longInteger("warpSize") != WARP) {
            throw root.error("warpSize", "is " + root.longInteger("warpSize") + "; the warps of NVIDIA's GPUs have "
                    + WARP + " threads");
        }
        return new DeviceDescription(name, "sm_" + root.longInteger("deviceVer") / 10,
                root.longInteger("totalGlobalMem"), withoutLimits(root), root.find(LIMITS).map(limits ->
                        limits(limits, multiprocessors(root))));
    }

    private static DeviceLimits.Multiprocessors multiprocessors(Config root) {
        return new DeviceLimits.Multiprocessors(Math.toIntExact(root.longInteger("multiProcessorCount")),
                1e3 * root.longInteger("smClockRateKHz"));
    }

    private static void count(Config root, String key) {
        long value = root.longInteger(key);
        if (value < 1) {
            throw root.error(key, "is " + value + ", but must be a whole number of at least 1");
        }
    }

    private static DeviceLimits limits(Config limits, DeviceLimits.Multiprocessors multiprocessors) {
        limits.allow("bf16_flops", "tf32_flops", "float32_flops", "bytes_per_second", "source");
        return new DeviceLimits(positive(limits, "bf16_flops"), positive(limits, "tf32_flops"),
                positive(limits, "float32_flops"), positive(limits, "bytes_per_second"),
                Optional.of(multiprocessors), limits.text("source"));
    }

    private static double positive(Config limits, String key) {
        double value = limits.number(key);
        if (value <= 0) {
            throw limits.error(key, "is " + value + ", but must be a number above 0");
        }
        return value;
    }

    private static String withoutLimits(Config root) {
        try {
            JsonMapper mapper = new JsonMapper();
            ObjectNode properties = (ObjectNode) mapper.readTree(root.canonicalText());
            properties.remove(LIMITS);
            return mapper.writeValueAsString(properties);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("JSON that was just written cannot be read", impossible);
        }
    }
}
