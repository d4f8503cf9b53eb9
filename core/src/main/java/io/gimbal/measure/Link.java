package io.gimbal.measure;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The way between ranks, as an estimate takes it: an exchange takes {@code latency} and the bytes' time. A ring moves,
 * through each rank's end, 2 (N - 1) / N times the bytes of an all-reduce, and (N - 1) / N times those that an
 * all-gather leaves (NCCL calls what it reaches so its bus bandwidth).
 *
 * @param name           as messages call it
 * @param bytesPerSecond that a rank's end of it moves each way, at best
 * @param latency        seconds of an exchange of few bytes
 * @param source         where the two figures are from
 */
public record Link(String name, double bytesPerSecond, double latency, String source) {
    private static final Pattern FIGURES = Pattern.compile("([0-9]+(?:\\.[0-9]+)?),([0-9]+(?:\\.[0-9]+)?)");
    private static final Map<String, Link> KNOWN = Map.of(
            "nvlink", new Link("nvlink", 370e9, 15e-6, "NVLink of the fourth generation: 450 GB/s each way on the "
                    + "line, of which NCCL reaches 370 by a ring (NVIDIA/nccl-tests#212); 8 GPUs take 12 to 17 us for "
                    + "up to 4 KB (deepseek-ai/DeepEP#303). Assumed, not measured here"),
            "400G", new Link("400G", 45e9, 30e-6, "a network of 400 Gbit/s a GPU, nine tenths of it, and 30 us an "
                    + "exchange. Assumed, not measured here"));

    /**
     * {@return the link of that name, or of the two figures that stand there}
     *
     * @param text "nvlink", "400G", or GB/s and microseconds with a comma between
     * @throws UserException if it is none of them
     */
    public static Link of(String text) {
        Matcher figures = FIGURES.matcher(text);
        if (figures.matches()) {
            double gigabytes = Double.parseDouble(figures.group(1));
            if (gigabytes > 0) {
                return new Link(text, gigabytes * 1e9, Double.parseDouble(figures.group(2)) * 1e-6, "as given");
            }
        }
        if (!KNOWN.containsKey(text)) {
            throw new UserException("--link is " + Names.quote(text) + "; it may be "
                    + Names.list(List.copyOf(KNOWN.keySet()).stream().sorted().toList())
                    + ", or GB/s each way and microseconds an exchange, such as 100,20");
        }
        return KNOWN.get(text);
    }

    /** How long an all-reduce of so many bytes takes. */
    double reduceSeconds(double bytes, int ranks) {
        return latency + 2 * (ranks - 1.0) / ranks * bytes / bytesPerSecond;
    }

    /** How long an all-gather takes that leaves so many bytes. */
    double gatherSeconds(double bytes, int ranks) {
        return latency + (ranks - 1.0) / ranks * bytes / bytesPerSecond;
    }
}
