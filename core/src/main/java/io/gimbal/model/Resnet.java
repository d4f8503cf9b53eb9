package io.gimbal.model;

import io.gimbal.model.Backbone.Sequence;
import io.gimbal.model.Backbone.Source;
import io.gimbal.model.Backbone.Stage;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * ResNet (arXiv 1512.03385) without its classifier, as torchvision has it: a bottleneck's stride is in its 3 x 3
 * convolution. Stages {@code stem}, and {@code stage1} to {@code stage4}; unit u of a stage is its layer 2 u.
 *
 * <p>Dilated (arXiv 2004.13379, as its authors' code): the third and fourth stage lose their stride. Their first 3 x 3
 * convolution, which had it, keeps half of the stage's dilation of 2 or 4; all others have the whole.
 */
record Resnet(boolean bottlenecks, int... units) implements Backbone.Form {
    private static final int CHANNELS = 64;
    private static final int EXPANSION = 4;
    private static final int FIRST_DILATED = 2;

    @Override
    public List<Stage> stages(Blocks blocks, boolean dilated) {
        int stem = blocks.scaled(CHANNELS);
        List<Stage> stages = new ArrayList<>();
        stages.add(new Sequence("stem", stem(stem)));
        int channels = stem;
        for (int stage = 0; stage < units.length; stage++) {
            int middle = stem << stage;
            int out = bottlenecks ? EXPANSION * middle : middle;
            stages.add(new Sequence("stage" + (stage + 1), stage(stage, channels, middle, out,
                    dilated && stage >= FIRST_DILATED)));
            channels = out;
        }
        return stages;
    }

    /** What every ResNet begins with: a quarter of the image's height and width. */
    static Part stem(int channels) {
        return new Part().add(Units.convolution(channels, 7).stride(2), "conv1").add(Units.norm(Units.MOMENTUM), "bn1")
                .add(Layers.relu()).add(new Layer.MaxPool(3, 2, 1));
    }

    private Part stage(int stage, int channels, int middle, int out, boolean keepsSize) {
        int dilation = keepsSize ? 1 << (stage - 1) : 1;
        Part part = new Part();
        for (int unit = 0; unit < units[stage]; unit++) {
            boolean leads = unit == 0;
            int stride = leads && stage > 0 && !keepsSize ? 2 : 1;
            int first = leads && keepsSize ? dilation / 2 : dilation;
            String published = "layer" + (stage + 1) + "." + unit;
            part.add(bottlenecks
                    ? new Units.Bottleneck(middle, out, stride, first, Units.MOMENTUM, false, false)
                            .on(leads ? channels : out, published)
                    : new Units.Basic(out, stride, first, dilation, Units.MOMENTUM, false)
                            .on(leads ? channels : out, published));
        }
        return part;
    }

    @Override
    public Source source() {
        return new Source("torchvision's ResNet", List.of("fc"));
    }
}
