package io.gimbal.model;

import io.gimbal.config.Range;
import io.gimbal.nn.Join;
import io.gimbal.nn.Layers;
import java.util.List;

/**
 * NDDR-CNN (arXiv 1801.08297): a whole backbone for each task, and behind the stem and each stage a 1 x 1 convolution
 * over all tasks' features side by side, with a batch norm: {@code T.nddrS}. It starts as a weighted sum of the tasks'
 * features. Places and sizes as the survey's code (arXiv 2004.13379) has them; the paper itself has VGG16.
 *
 * @param own   where a task's own features start, times the identity
 * @param other where those of each other task start
 */
public record NddrCnn(double own, double other) implements Encoder {
    private static final double MOMENTUM = 0.05;

    /** Checks each part. */
    public NddrCnn {
        Range.FINITE.check("own", own);
        Range.FINITE.check("other", other);
    }

    /** 0.9 and 0.1, as the survey has it for two tasks. */
    public NddrCnn() {
        this(0.9, 0.1);
    }

    @Override
    public Trunk build(Blocks blocks, Backbone backbone, List<String> tasks) {
        return Parallel.build(blocks, backbone, tasks, true, (task, place, read) -> {
            double[] start = tasks.stream().mapToDouble(one -> one.equals(task) ? own : other).toArray();
            int channels = blocks.channels(read.get(task));
            return blocks.add(task + ".nddr" + place, new Join.Concat(List.copyOf(read.values())),
                    Units.convolution(channels, 1).startingAt(start), Units.norm(MOMENTUM), Layers.relu());
        });
    }
}
