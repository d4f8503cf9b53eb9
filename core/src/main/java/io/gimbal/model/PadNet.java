package io.gimbal.model;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * PAD-Net (arXiv 1805.04409) as the survey's code has it: each task is predicted at first, then each main task's
 * features take in the others', and the result is predicted from these.
 */
public record PadNet() implements Decoder {
    @Override
    public void build(Blocks blocks, Trunk trunk, PredictedTasks tasks) {
        SequencedMap<String, String> initial = new LinkedHashMap<>();
        tasks.every().forEach((task, out) -> initial.put(task, InitialPredictions.add(blocks, trunk, task, out)));
        Distillation.add(blocks, tasks.names(), initial, "").forEach((task, distilled) -> {
            Part head = InitialPredictions.bottlenecks(blocks.channels(distilled));
            blocks.result(task, blocks.add(task + ".head", distilled, head.add(
                    blocks.predicting(blocks.shape(distilled), tasks.main().get(task)))));
        });
    }

    @Override
    public boolean takesAuxiliary() {
        return true;
    }
}
