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
 * The trunk of {@link Networks#segnetVgg16}, and where torchvision's VGG16 stands in it: torchvision.models.vgg builds
 * {@code features} from the list 64, 64, pool, 128, 128, pool, 256, 256, 256, pool, 512, 512, 512, pool, 512, 512, 512,
 * pool; a convolution (with a bias) takes two places with its relu, or three with a batch norm ("vgg16_bn").
 */
final class SegnetVgg16 {
    private static final int[] CONVOLUTIONS = {2, 2, 3, 3, 3};
    private static final int[] CHANNELS = {64, 128, 256, 512, 512};
    private static final Set<String> UNUSED = Set.of("classifier");
    private static final String CAUTION = "it has no batch norms, and those here change what it computes from the "
            + "first step of a training on; torchvision's VGG16 with batch norm (vgg16_bn) keeps what it learned";

    private final double width;
    private final List<Layer> layers = new ArrayList<>();
    private final List<String> poolings = new ArrayList<>();
    private final SequencedMap<String, String> plain = new LinkedHashMap<>();
    private final SequencedMap<String, String> normalized = new LinkedHashMap<>();
    /** Both published forms have a bias in each convolution. */
    private final Map<String, String> biased = new LinkedHashMap<>();
    private final SequencedSet<String> norms = new LinkedHashSet<>();
    private int plainPlace;
    private int normalizedPlace;

    /** @param width a factor on all channels */
    SegnetVgg16(Networks.Resolution output, double width) {
        this.width = width;
        for (int stage = 0; stage < CHANNELS.length; stage++) {
            encode(stage);
        }
        int last = output == Networks.Resolution.FULL ? 0 : 2;
        for (int stage = CHANNELS.length - 1; stage >= last; stage--) {
            decode(stage);
        }
    }

    private void encode(int stage) {
        for (int i = 0; i < CONVOLUTIONS[stage]; i++) {
            String convolution = next();
            convolve(CHANNELS[stage]);
            String norm = "trunk." + (layers.size() - 2);
            norms.add(norm);
            plain.put(convolution, "features." + plainPlace);
            normalized.put(convolution, "features." + normalizedPlace);
            normalized.put(norm, "features." + (normalizedPlace + 1));
            biased.put(convolution, norm);
            plainPlace += 2;
            normalizedPlace += 3;
        }
        poolings.add(next());
        layers.add(Layers.maxPool(2));
        plainPlace++;
        normalizedPlace++;
    }

    /** The encoder's stage mirrored: its last convolution leaves what the stage took in, the very last 64 channels. */
    private void decode(int stage) {
        layers.add(Layers.maxUnpool(poolings.get(stage)));
        for (int i = 1; i < CONVOLUTIONS[stage]; i++) {
            convolve(CHANNELS[stage]);
        }
        convolve(CHANNELS[Math.max(stage - 1, 0)]);
    }

    private String next() {
        return "trunk." + layers.size();
    }

    private void convolve(int channels) {
        layers.addAll(List.of(Layers.conv2d(Blocks.scaled(channels, width), 3).padding(1).withoutBias(),
                Layers.batchNorm(), Layers.relu()));
    }

    List<Layer> layers() {
        return layers;
    }

    /** Published parameters; none fit another width. */
    List<Pretrained> pretrained() {
        return width != 1 ? List.of() : List.of(
                new Pretrained("torchvision's VGG16", plain, biased, UNUSED, norms, CAUTION),
                new Pretrained("torchvision's VGG16 with batch norm", normalized, biased, UNUSED,
                        new LinkedHashSet<>(), ""));
    }
}
