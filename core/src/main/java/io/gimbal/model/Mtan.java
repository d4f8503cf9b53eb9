package io.gimbal.model;

import io.gimbal.config.UserException;
import io.gimbal.model.Backbone.Stage;
import io.gimbal.nn.Join;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * MTAN (arXiv 1803.10704) on a ResNet, as its authors' and the survey's code have it: each task masks what the last
 * unit of each stage leaves ({@code T.attendedS}). The mask ({@code T.attentionS}) is made of what the units before
 * leave and of what the task kept of the stage before, which goes through a bottleneck that all tasks share ({@code
 * T.refinedS}; it carries the first task's name).
 */
public record Mtan() implements Encoder {
    private static final int SHARE = 4;

    /** The units of a stage but the last, and the last. */
    private record Level(String first, String last) {}

    @Override
    public Trunk build(Blocks blocks, Backbone backbone, List<String> tasks) {
        if (!backbone.residual()) {
            throw new UserException("mtan wants a ResNet, whose stages it cuts before their last unit; the backbone is "
                    + backbone.kind().text());
        }
        List<Level> levels = levels(blocks, backbone);
        SequencedMap<String, List<String>> attended = new LinkedHashMap<>();
        tasks.forEach(task -> attended.put(task, new ArrayList<>()));
        Map<String, String> refined = new HashMap<>();
        for (int stage = 0; stage < levels.size(); stage++) {
            Level level = levels.get(stage);
            for (String task : tasks) {
                String mask = attention(blocks, task + ".attention" + (stage + 1), level, refined.get(task));
                String masked = blocks.add(task + ".attended" + (stage + 1),
                        new Join.Multiply(List.of(mask, level.last())));
                attended.get(task).add(masked);
                if (stage + 1 < levels.size()) {
                    refined.put(task, refine(blocks, tasks.getFirst(), task, stage + 1, masked, levels.get(stage + 1)));
                }
            }
        }
        Map<String, Trunk.Branch> branches = new HashMap<>();
        attended.forEach((task, scales) -> branches.put(task, new Trunk.Branch(task, scales, false)));
        return new Trunk(blocks, branches);
    }

    private static List<Level> levels(Blocks blocks, Backbone backbone) {
        List<Level> levels = new ArrayList<>();
        String left = Network.INPUT;
        for (Stage stage : backbone.stages(blocks)) {
            Part layers = stage.part().orElseThrow();
            String name = "backbone." + stage.name();
            if (stage.name().equals("stem")) {
                left = blocks.add(name, left, layers);
                continue;
            }
            int lastUnit = layers.layers().size() - 2;
            String first = blocks.add(name + ".first", left, layers.before(lastUnit));
            left = blocks.add(name + ".last", first, layers.from(lastUnit));
            levels.add(new Level(first, left));
        }
        return levels;
    }

    /** @param kept what the task kept of the stage before; null for the first stage */
    private static String attention(Blocks blocks, String name, Level level, String kept) {
        int channels = blocks.channels(level.last());
        Part mask = Part.of(Units.pointwise(Math.max(1, channels / SHARE)), Units.norm(Units.MOMENTUM), Layers.relu(),
                Units.pointwise(channels), Units.norm(Units.MOMENTUM), Layers.sigmoid());
        return blocks.addJoined(name, kept == null ? List.of(level.first()) : List.of(level.first(), kept), mask);
    }

    /** To the next stage's channels, and to its size where it has another. */
    private static String refine(Blocks blocks, String owner, String task, int stage, String masked, Level next) {
        int out = blocks.channels(next.last());
        Part unit = Units.Bottleneck.of(Math.max(1, out / SHARE), out).projecting().on(blocks.channels(masked));
        if (!blocks.sameSize(masked, next.first())) {
            unit.add(Layers.maxPool(2));
        }
        String name = task + ".refined" + stage;
        return task.equals(owner) ? blocks.add(name, masked, unit)
                : blocks.addTied(name, masked, unit, owner + ".refined" + stage);
    }
}
