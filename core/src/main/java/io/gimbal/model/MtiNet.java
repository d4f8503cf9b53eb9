package io.gimbal.model;

import io.gimbal.nn.Join;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * MTI-Net (arXiv 2001.06902): every task is predicted at each of four scales, from coarse to fine; what a scale has of
 * all tasks goes on to the next finer one (feature propagation, section 3.3), each scale is distilled as PAD-Net does
 * (section 3.2), and the result is predicted from all four (section 3.4).
 *
 * @param adjacent over what the softmax of the propagation's mask goes: the tasks, as the paper says, or runs of
 *                 adjacent channels of one task, as its authors' code does
 */
public record MtiNet(boolean adjacent) implements Decoder {
    private static final int SHARE = 4;
    private static final int REDUCTION = 16;

    /** As the paper says. */
    public MtiNet() {
        this(false);
    }

    @Override
    public void build(Blocks blocks, Trunk trunk, PredictedTasks tasks) {
        List<SequencedMap<String, String>> initial = new ArrayList<>();
        IntStream.range(0, Trunk.SCALES).forEach(scale -> initial.add(new LinkedHashMap<>()));
        Map<String, String> handed = new HashMap<>();
        for (int scale = Trunk.SCALES - 1; scale >= 0; scale--) {
            SequencedMap<String, String> features = initial.get(scale);
            for (Map.Entry<String, Integer> task : tasks.every().entrySet()) {
                String name = task.getKey();
                String read = trunk.scales(name).get(scale);
                features.put(name, initial(blocks, name + ".scale" + scale, read, handed.get(name)));
                predict(blocks, tasks, name, blocks.add(name + ".scale" + scale + ".prediction", features.get(name),
                        blocks.predicting(blocks.shape(features.get(name)), task.getValue())));
            }
            if (scale > 0) {
                int finer = scale - 1;
                propagate(blocks, "scale" + scale, features, task -> trunk.scales(task).get(finer), handed);
            }
        }
        List<SequencedMap<String, String>> distilled = IntStream.range(0, Trunk.SCALES).mapToObj(scale ->
                Distillation.add(blocks, tasks.names(), initial.get(scale), ".scale" + scale)).toList();
        tasks.main().forEach((task, out) -> blocks.result(task, head(blocks, task, out,
                distilled.stream().map(features -> features.get(task)).toList())));
    }

    /** The finest prediction of a task that has no head is its result. */
    private static void predict(Blocks blocks, PredictedTasks tasks, String task, String prediction) {
        if (tasks.main().containsKey(task)) {
            blocks.predict(task, prediction);
        } else {
            blocks.result(task, prediction);
        }
    }

    /** @param handed what the scale before hands on; null for the coarsest */
    private static String initial(Blocks blocks, String name, String read, String handed) {
        int channels = blocks.channels(read);
        List<String> reads = handed == null ? List.of(read) : List.of(read, handed);
        int arriving = reads.stream().mapToInt(blocks::channels).sum();
        Units.Basic unit = Units.Basic.of(channels);
        return blocks.addJoined(name + ".initial", reads, unit.on(arriving).add(unit.on(channels)));
    }

    /**
     * Leaves in {@code handed} what each task hands on to the next finer scale.
     *
     * @param finer which block of that scale a task reads
     */
    private void propagate(Blocks blocks, String scale, SequencedMap<String, String> features,
            UnaryOperator<String> finer, Map<String, String> handed) {
        int tasks = features.size();
        int channels = blocks.channels(features.firstEntry().getValue());
        int all = tasks * channels;
        int few = Math.max(1, all / SHARE);
        String joint = blocks.add(scale + ".joint", new Join.Concat(List.copyOf(features.values())));
        Layer over = adjacent ? Layers.softmaxOfAdjacent(tasks) : Layers.softmaxOverGroups(tasks);
        Units.Basic unit = Units.Basic.of(few);
        String mask = blocks.add(scale + ".mask", joint, unit.projecting().on(all).add(unit.on(few))
                .add(Units.pointwise(all)).add(over));
        String masked = blocks.add(scale + ".masked", new Join.Multiply(List.of(mask, joint)));
        String shared = blocks.add(scale + ".shared", masked, Units.Basic.of(channels).projecting().on(all));
        features.forEach((task, own) -> {
            String name = task + "." + scale;
            String gate = blocks.add(name + ".gate", shared, Layers.globalAveragePool().asImages(),
                    Units.pointwise(Math.max(1, channels / REDUCTION)), Layers.relu(), Units.pointwise(channels),
                    Layers.sigmoid());
            String gated = blocks.add(name + ".gated", new Join.Multiply(List.of(shared, gate)));
            handed.put(task, blocks.add(name + ".handed", new Join.Add(List.of(gated, own), List.of()),
                    blocks.enlarging(own, finer.apply(task))));
        });
    }

    private static String head(Blocks blocks, String task, int out, List<String> scales) {
        List<String> enlarged = new ArrayList<>(List.of(scales.getFirst()));
        for (int scale = 1; scale < scales.size(); scale++) {
            enlarged.add(blocks.add(task + ".scale" + scale + ".up", scales.get(scale),
                    blocks.enlarging(scales.get(scale), scales.getFirst())));
        }
        return Heads.hrnet(blocks, task, out, enlarged);
    }

    @Override
    public boolean takesAuxiliary() {
        return true;
    }
}
