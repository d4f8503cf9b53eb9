package io.gimbal.model;

import io.gimbal.model.Backbone.Sequence;
import io.gimbal.model.Backbone.Source;
import io.gimbal.model.Backbone.Stage;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * VGG16's convolutions (arXiv 1409.1556), as torchvision has them: {@code stage1} to {@code stage5}, each of which ends
 * in a max pooling; output stride 32.
 *
 * @param normalized whether there is a batch norm behind each convolution
 */
record Vgg16(boolean normalized) implements Backbone.Form {
    private static final int[] CONVOLUTIONS = {2, 2, 3, 3, 3};
    private static final int[] CHANNELS = {64, 128, 256, 512, 512};

    @Override
    public List<Stage> stages(Blocks blocks, boolean dilated) {
        List<Stage> stages = new ArrayList<>();
        int at = 0;
        for (int stage = 0; stage < CONVOLUTIONS.length; stage++) {
            Part part = new Part();
            for (int i = 0; i < CONVOLUTIONS[stage]; i++) {
                part.add(Units.biased(blocks.scaled(CHANNELS[stage]), 3, 1), "features." + at++);
                if (normalized) {
                    part.add(Units.norm(Units.MOMENTUM), "features." + at++);
                }
                part.add(Layers.relu());
                at++;
            }
            part.add(Layers.maxPool(2));
            at++;
            stages.add(new Sequence("stage" + (stage + 1), part));
        }
        return stages;
    }

    @Override
    public Source source() {
        return new Source("torchvision's VGG16" + (normalized ? " with batch norm" : ""), List.of("classifier"));
    }
}
