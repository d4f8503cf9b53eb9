package io.gimbal.report;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A benchmark whose JSON line may be kept and held against a later one: what must be alike in both, and its times. */
public enum Benchmark {
    /** Each kernel at each size. */
    KERNELS("the least time of a launch", List.of("device", "threads", "processor", "sizes")) {
        @Override
        Map<String, Double> seconds(Config line) {
            Map<String, Double> seconds = new LinkedHashMap<>();
            for (Config each : line.list("kernels")) {
                seconds.merge(kernel(each.text("kernel"), each.text("of")), least(each, "launch_s"), Math::min);
            }
            return seconds;
        }
    },
    /** The configuration's own balancing, equal weights, or both. */
    STEP("the least time of a step", List.of("device", "threads", "processor", "source", "dtype", "batch",
            "balancing")) {
        @Override
        Map<String, Double> seconds(Config line) {
            Map<String, Double> seconds = new LinkedHashMap<>();
            seconds.put(line.text("balancing"), least(line, "step_s"));
            line.find("equal").ifPresent(equal -> seconds.put("equal", least(equal, "step_s")));
            return seconds;
        }
    },
    /** Each pass over the data. */
    DATA("the processor's time of an example", List.of("processor", "source", "examples", "channels", "height", "width",
            "jpeg")) {
        @Override
        Map<String, Double> seconds(Config line) {
            Map<String, Double> seconds = new LinkedHashMap<>();
            Config passes = line.object("passes");
            for (String pass : passes.keys()) {
                seconds.put(pass, 1 / passes.object(pass).number("images_a_second_and_core", Range.POSITIVE));
            }
            return seconds;
        }

        @Override
        List<String> unsteady(Config line) {
            Config passes = line.object("passes");
            return passes.keys().stream().filter(pass -> !passes.object(pass).flag("steady")).toList();
        }
    },
    /** Each way in which images come. */
    PREDICT("the least time of an image", List.of("device", "threads", "processor", "channels", "height", "width",
            "batch", "callers", "waiting_ms")) {
        @Override
        Map<String, Double> seconds(Config line) {
            Map<String, Double> seconds = new LinkedHashMap<>();
            Config ways = line.object("ways");
            for (String way : ways.keys()) {
                seconds.put(way, least(ways.object(way), "image_s"));
            }
            return seconds;
        }
    };

    /** Goes up when what the lines hold comes to mean something else. */
    static final int FORM = 1;
    private static final JsonMapper MAPPER = new JsonMapper();

    private final String measured;
    private final List<String> conditions;

    Benchmark(String measured, List<String> conditions) {
        this.measured = measured;
        this.conditions = conditions;
    }

    /** {@return its name on the command line} */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * {@return the name by which a kernel's time goes}
     *
     * @param name the kernel's
     * @param of   its size
     */
    public static String kernel(String name, String of) {
        return name + " " + of;
    }

    /**
     * Lets a line say which benchmark's it is, so that it can be compared.
     *
     * @param line a JSON object
     * @return the line
     */
    public ObjectNode mark(ObjectNode line) {
        return line.put("bench", text()).put("form", FORM);
    }

    /**
     * Adds those parts of a configuration on which the times depend.
     *
     * @param line   a JSON object
     * @param config the benchmark's
     * @param keys   those of its top that count
     */
    public static void putConfiguration(ObjectNode line, Config config, String... keys) {
        ObjectNode parts = line.putObject("configuration");
        for (String key : keys) {
            config.find(key).ifPresent(part -> {
                try {
                    parts.set(key, MAPPER.readTree(part.canonicalText()));
                } catch (JsonProcessingException e) {
                    throw new IllegalStateException("a configuration that was read is no JSON", e);
                }
            });
        }
    }

    /** What the times are of, in words. */
    String measured() {
        return measured;
    }

    /** The keys of a line that must say the same in both. */
    List<String> conditions() {
        return conditions;
    }

    /** The times by name, in the line's order. */
    abstract Map<String, Double> seconds(Config line);

    /** What was measured while it was still getting faster. */
    List<String> unsteady(Config line) {
        return List.of();
    }

    private static double least(Config node, String key) {
        return node.object(key).number("min", Range.POSITIVE);
    }
}
