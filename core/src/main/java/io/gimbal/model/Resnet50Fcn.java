package io.gimbal.model;

import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;

/**
 * The trunk of {@link Networks#resnet50Fcn}, and where torchvision's ResNet-50 stands in it. Its names (those of
 * torchvision.models.resnet): {@code conv1}, {@code bn1}, then {@code layerS.U.conv1} to {@code conv3} with {@code bn1}
 * to {@code bn3}, and in a stage's first unit {@code downsample.0} and {@code downsample.1}. The parameters' shapes do
 * not tell where a unit's stride is, so that the first three stages fit although ours stand elsewhere.
 */
final class Resnet50Fcn {
    private static final int[] UNITS = {3, 4, 6, 3};
    private static final int[] WIDTHS = {64, 128, 256, 256};
    private static final int[] CHANNELS = {256, 512, 1024, 1024};
    private static final int LAST_STAGE = 3;
    private static final int[] DECODER_WIDTHS = {256, 128, 64};
    private static final String CAUTION = "strides stand elsewhere than in torchvision's: layer1 computes what it "
            + "learned, but layer2 and layer3 read other neighbours than those they learned on";

    private final List<Layer> layers = new ArrayList<>();
    private final SequencedMap<String, String> modules = new LinkedHashMap<>();
    private final SequencedSet<String> own = new LinkedHashSet<>();

    Resnet50Fcn() {
        modules.put("trunk.0", "conv1");
        modules.put("trunk.1", "bn1");
        layers.addAll(List.of(Layers.conv2d(64, 7).stride(2).padding(3).withoutBias(), Layers.batchNorm(),
                Layers.relu(), new Layer.MaxPool(3, 2, 1)));
        for (int stage = 0; stage < UNITS.length; stage++) {
            for (int unit = 0; unit < UNITS[stage]; unit++) {
                encode(stage, unit);
            }
        }
        layers.addAll(List.of(Layers.conv2d(DECODER_WIDTHS[0], 1).withoutBias(), Layers.batchNorm(), Layers.relu()));
        for (int width : DECODER_WIDTHS) {
            decode(width);
        }
    }

    /** A bottleneck; the stride is in a stage's last unit, not in the next stage's first. */
    private void encode(int stage, int unit) {
        boolean strided = stage < LAST_STAGE && unit == UNITS[stage] - 1;
        boolean projected = stage < LAST_STAGE && unit == 0;
        int width = WIDTHS[stage];
        int channels = CHANNELS[stage];
        String name = "trunk." + layers.size();
        List<Layer> body = List.of(
                Layers.conv2d(width, 1).withoutBias(), Layers.batchNorm(), Layers.relu(),
                Layers.conv2d(width, 3).padding(1).stride(strided ? 2 : 1).withoutBias(), Layers.batchNorm(),
                Layers.relu(),
                Layers.conv2d(channels, 1).withoutBias(), Layers.batchNorm());
        List<Layer> shortcut = List.of();
        if (projected) {
            shortcut = List.of(Layers.conv2d(channels, 1).withoutBias(), Layers.batchNorm());
        } else if (strided) {
            shortcut = List.of(new Layer.MaxPool(1, 2, 0));
        }
        layers.add(new Layer.Residual(body, shortcut));
        layers.add(Layers.relu());
        for (int i = 0; i < 3; i++) {
            place(stage, unit, "conv" + (i + 1), name + ".body." + 3 * i);
            place(stage, unit, "bn" + (i + 1), name + ".body." + (3 * i + 1));
        }
        if (projected) {
            place(stage, unit, "downsample.0", name + ".shortcut.0");
            place(stage, unit, "downsample.1", name + ".shortcut.1");
        }
    }

    private void place(int stage, int unit, String module, String here) {
        if (stage == LAST_STAGE) {
            own.add(here);
        } else {
            modules.put(here, "layer" + (stage + 1) + "." + unit + "." + module);
        }
    }

    /** Twice the height and width by learned filters, then a basic residual block. */
    private void decode(int width) {
        layers.addAll(List.of(
                Layers.transposedConv2d(width, 4).stride(2).padding(1).withoutBias(), Layers.batchNorm(),
                Layers.relu(),
                Layers.residual(
                        Layers.conv2d(width, 3).padding(1).withoutBias(), Layers.batchNorm(), Layers.relu(),
                        Layers.conv2d(width, 3).padding(1).withoutBias(), Layers.batchNorm()),
                Layers.relu()));
    }

    List<Layer> layers() {
        return layers;
    }

    List<Pretrained> pretrained() {
        return List.of(new Pretrained("torchvision's ResNet-50", modules, Map.of(), Set.of("layer4", "fc"), own,
                CAUTION));
    }
}
