package io.gimbal.model;

import io.gimbal.nn.Join;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * PAD-Net's multi-modal distillation (arXiv 1805.04409, section 3.3, its module C): a task's features plus those of
 * every other task, convolved and masked by a sigmoid of another convolution.
 */
final class Distillation {
    private Distillation() {}

    /**
     * Adds it: {@code PREFIX.distill.U} and {@code PREFIX.distilled}.
     *
     * @param main     the tasks whose features learn from the others
     * @param features of every task, of one shape
     * @param suffix   behind a task's name in what the blocks' names begin with
     * @return the features of the main tasks
     */
    static SequencedMap<String, String> add(Blocks blocks, List<String> main, SequencedMap<String, String> features,
            String suffix) {
        SequencedMap<String, String> distilled = new LinkedHashMap<>();
        for (String task : main) {
            List<String> arriving = new ArrayList<>(List.of(features.get(task)));
            features.forEach((other, read) -> {
                if (!other.equals(task)) {
                    arriving.add(message(blocks, task + suffix + ".distill." + other, read));
                }
            });
            distilled.put(task, arriving.size() == 1 ? arriving.getFirst()
                    : blocks.add(task + suffix + ".distilled", new Join.Add(arriving, List.of())));
        }
        return distilled;
    }

    private static String message(Blocks blocks, String name, String read) {
        int channels = blocks.channels(read);
        String mask = blocks.add(name + ".attention", read, Units.convolution(channels, 3), Layers.sigmoid());
        String message = blocks.add(name + ".message", read, Units.convolution(channels, 3));
        return blocks.add(name, new Join.Multiply(List.of(message, mask)));
    }
}
