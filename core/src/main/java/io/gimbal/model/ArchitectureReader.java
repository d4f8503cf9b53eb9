package io.gimbal.model;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.loss.LossReader;
import io.gimbal.model.Backbone.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;

/** Reads a named {@link Architecture} from a configuration's {@code model}, and its tasks from {@code tasks}. */
final class ArchitectureReader {
    private static final String SINGLE_TASK = "single_task";
    private static final String ASTMT = "astmt";
    private static final List<String> ENCODERS = List.of("baseline", "cross_stitch", "nddr_cnn", "mtan");
    private static final List<String> DECODERS = List.of("pad_net", "mti_net", "jtrl", "pap_net");
    /** What every one reads, and each besides. */
    private static final List<String> ALL = List.of("architecture", "input", "backbone", "width", "shared",
            "representation", "batch_norm");
    private static final SequencedMap<String, List<String>> KEYS = new LinkedHashMap<>();

    static {
        KEYS.put(SINGLE_TASK, List.of("dilated", "head"));
        KEYS.put("baseline", List.of("dilated", "head"));
        KEYS.put("cross_stitch", List.of("dilated", "head", "own", "other"));
        KEYS.put("nddr_cnn", List.of("dilated", "head", "own", "other"));
        KEYS.put("mtan", List.of("dilated", "head"));
        KEYS.put("pad_net", List.of("dilated", "auxiliary"));
        KEYS.put("mti_net", List.of("auxiliary", "softmax"));
        KEYS.put("jtrl", List.of());
        KEYS.put("pap_net", List.of("dilated", "auxiliary", "beta", "iterations", "stride"));
        KEYS.put(ASTMT, List.of("decoder", "squeeze", "adapters"));
    }

    private static final double OWN = 0.9;
    private static final double OTHER = 0.1;
    private static final double BETA = 0.05;
    private static final int STRIDE = 4;
    private static final int DECODER = 64;

    private final Config model;
    private final Config tasks;

    private ArchitectureReader(Config model, Config tasks) {
        this.model = model;
        this.tasks = tasks;
    }

    /** @param tasks what they are, empty where the configuration does not say */
    static Network read(Config model, Optional<Config> tasks) {
        return new ArchitectureReader(model, tasks.orElseThrow(() -> model.error("architecture",
                "needs the configuration's 'tasks', for which it makes heads"))).read();
    }

    private Network read() {
        int[] input = model.positives("input");
        if (input.length != 3) {
            throw model.error("input", "has " + input.length + " sizes; a named architecture reads [channels, height,"
                    + " width]");
        }
        List<String> names = names();
        allow(names);
        Architecture architecture = names.contains(ASTMT) ? astmt() : composed(names);
        PredictedTasks predicted = predicted();
        if (names.contains(SINGLE_TASK) && predicted.main().size() != 1) {
            throw model.error("architecture", "is \"single_task\", which takes one task; there are "
                    + predicted.main().size() + ": take \"baseline\"");
        }
        return model.placed(() -> architecture.network(input[0], input[1], input[2], predicted));
    }

    /** One name, or an encoder's and a decoder's. */
    private List<String> names() {
        Config given = model.find("architecture").orElseThrow();
        if (!given.isList()) {
            return List.of(given.choice(List.copyOf(KEYS.keySet())));
        }
        List<Config> both = given.list();
        if (both.size() != 2) {
            throw model.error("architecture", "is a list of " + both.size() + "; it may be one name, or a list of two:"
                    + " how the encoder is shared (" + Names.list(ENCODERS) + "), and how the tasks are decoded ("
                    + Names.list(DECODERS) + ")");
        }
        return List.of(both.getFirst().choice(ENCODERS), both.getLast().choice(DECODERS));
    }

    private void allow(List<String> names) {
        List<String> keys = new ArrayList<>(ALL);
        names.forEach(name -> keys.addAll(KEYS.get(name)));
        if (DECODERS.contains(names.getLast())) {
            keys.remove("head");
        }
        if (names.contains("mti_net") || names.contains("jtrl")) {
            keys.remove("dilated");
        }
        model.allow(keys);
    }

    private Architecture composed(List<String> names) {
        Encoder encoder = encoder(names.getFirst());
        Backbone backbone = backbone(names);
        return new Composed(encoder, backbone, decoder(names.getLast(), backbone), width());
    }

    private double width() {
        return model.number("width", Range.POSITIVE, 1);
    }

    private Encoder encoder(String name) {
        return switch (name) {
            case "cross_stitch" -> new CrossStitch(model.number("own", Range.FINITE, OWN),
                    model.number("other", Range.FINITE, OTHER));
            case "nddr_cnn" -> new NddrCnn(model.number("own", Range.FINITE, OWN),
                    model.number("other", Range.FINITE, OTHER));
            case "mtan" -> new Mtan();
            default -> new HardSharing();
        };
    }

    /** PAD-Net and MTI-Net are published on an HRNet; MTAN cuts a ResNet. */
    private Backbone backbone(List<String> names) {
        boolean distills = names.contains("pad_net") || names.contains("mti_net");
        Kind usual = distills && !names.contains("mtan") ? Kind.HRNET18_SMALL_V2 : Kind.RESNET50;
        Kind kind = choice("backbone", Kind.values(), Kind::text, usual);
        boolean scales = names.contains("mti_net") || names.contains("jtrl");
        boolean residual = new Backbone(kind, false).residual();
        if (model.has("dilated") && model.flag("dilated") && !residual) {
            throw model.error("dilated", "is true, but only a ResNet's stages can be dilated; the backbone is "
                    + kind.text());
        }
        return new Backbone(kind, residual && !scales && model.flag("dilated", true));
    }

    private Decoder decoder(String name, Backbone backbone) {
        return switch (name) {
            case "pad_net" -> new PadNet();
            case "mti_net" -> new MtiNet(model.choice("softmax", List.of("tasks", "adjacent"), "tasks")
                    .equals("adjacent"));
            case "jtrl" -> new Jtrl();
            case "pap_net" -> new PapNet(model.number("beta", Range.FRACTION, BETA), model.has("iterations")
                    ? model.integerIn("iterations", 1, PapNet.MOST_ITERATIONS) : 1, model.positive("stride", STRIDE));
            default -> new Heads(choice("head", Heads.Kind.values(), Heads.Kind::text, Heads.Kind.of(backbone)));
        };
    }

    /** One of those values, by its name in configurations. */
    private <T> T choice(String key, T[] values, Function<T, String> text, T usual) {
        List<String> names = Arrays.stream(values).map(text).toList();
        return values[names.indexOf(model.choice(key, names, text.apply(usual)))];
    }

    private Architecture astmt() {
        Astmt.Depth depth = choice("backbone", Astmt.Depth.values(), Astmt.Depth::text, Astmt.Depth.RESNET26);
        return new Astmt(depth, model.positive("decoder", DECODER),
                model.flag("squeeze", true), model.flag("adapters", true), width());
    }

    /** Channels and order of the configuration's tasks. */
    private PredictedTasks predicted() {
        List<String> every = List.copyOf(tasks.keys());
        List<String> auxiliary = model.has("auxiliary") ? model.texts("auxiliary") : List.of();
        for (String task : auxiliary) {
            if (!every.contains(task)) {
                throw model.error("auxiliary", "names " + Names.quote(task) + ", and there is no such task."
                        + Names.hint(task, every) + " There are " + Names.list(every));
            }
        }
        SequencedMap<String, Integer> main = new LinkedHashMap<>();
        SequencedMap<String, Integer> further = new LinkedHashMap<>();
        every.forEach(task -> (auxiliary.contains(task) ? further : main).put(task,
                LossReader.predicted(tasks.object(task))));
        return tasks.placed(() -> new PredictedTasks(main, further));
    }
}
