package io.gimbal.model;

import io.gimbal.config.Range;
import io.gimbal.nn.Join;
import java.util.List;

/**
 * Cross-stitch networks (arXiv 1604.03539): a whole backbone for each task, and behind each stage a task's features
 * become a weighted sum of all tasks', with a learned weight for each channel and task (equation 1): {@code
 * T.stitchS}. Stages and channels as the survey's code (arXiv 2004.13379) has them; the paper itself has AlexNet.
 *
 * @param own   where the weight of a task's own features starts
 * @param other where that of each other task's starts
 */
public record CrossStitch(double own, double other) implements Encoder {
    /** Checks each part. */
    public CrossStitch {
        Range.FINITE.check("own", own);
        Range.FINITE.check("other", other);
    }

    /** 0.9 and 0.1, as the survey has it for two tasks. */
    public CrossStitch() {
        this(0.9, 0.1);
    }

    @Override
    public Trunk build(Blocks blocks, Backbone backbone, List<String> tasks) {
        return Parallel.build(blocks, backbone, tasks, false, (task, place, read) -> {
            List<Double> start = tasks.stream().map(one -> one.equals(task) ? own : other).toList();
            return blocks.add(task + ".stitch" + place, new Join.Mix(List.copyOf(read.values()), true, start, false));
        });
    }
}
