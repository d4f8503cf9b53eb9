package io.gimbal.run;

import io.gimbal.checkpoint.Progress;
import io.gimbal.config.Release;
import io.gimbal.device.Device;
import io.gimbal.device.Versions;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.stream.Stream;

/** Versions and machine of a process. */
public final class Environment {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final int BYTES_A_KIBIBYTE = 1024;

    private Environment() {}

    /** Writes a line about this process and where it starts from. */
    static void write(Writer out, Device device, Progress start, TrainingConfig config) throws IOException {
        Versions versions = device.versions();
        int batches = config.sampler().batchesPerEpoch();
        ObjectNode line = MAPPER.createObjectNode().put("step", start.steps())
                .put("epoch", start.position().epoch() + start.position().batch() / (double) batches)
                .put("steps", config.steps()).put("batches_per_epoch", batches)
                .put("started", Clock.systemUTC().instant().truncatedTo(ChronoUnit.SECONDS).toString())
                .put("gimbal", Release.text()).put("java", Runtime.version() + ", " + System.getProperty("java.vendor"))
                .put("device", device.describe()).put("driver", versions.driver()).put("nvrtc", versions.nvrtc())
                .put("cublas", versions.cublas()).put("cudnn", versions.cudnn())
                .put("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"))
                .put("cores", Runtime.getRuntime().availableProcessors());
        processor().ifPresent(name -> line.put("processor", name));
        value(MEMORY, "MemTotal").map(text -> text.replaceAll("\\D", "")).filter(digits -> !digits.isEmpty())
                .ifPresent(kibibytes -> line.put("memory_bytes", BYTES_A_KIBIBYTE * Long.parseLong(kibibytes)));
        host().ifPresent(name -> line.put("host", name));
        out.write(MAPPER.writeValueAsString(line));
        out.write('\n');
        out.flush();
    }

    /** The processor's name; empty where Linux does not say it. */
    public static Optional<String> processor() {
        return value(PROCESSORS, "model name");
    }

    /** What stands behind a name in one of Linux's files about the machine; empty elsewhere. */
    private static Optional<String> value(Path file, String name) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name) && line.contains(":")).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip());
        } catch (IOException elsewhere) {
            return Optional.empty();
        }
    }

    private static Optional<String> host() {
        try {
            return Optional.of(InetAddress.getLocalHost().getHostName());
        } catch (UnknownHostException nameless) {
            return Optional.empty();
        }
    }
}
