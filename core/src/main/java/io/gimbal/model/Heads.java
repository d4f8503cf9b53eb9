package io.gimbal.model;

import io.gimbal.nn.Join;
import io.gimbal.nn.Layers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A head for each task, which learns nothing from the others.
 *
 * @param kind what layers a head has
 */
public record Heads(Kind kind) implements Decoder {
    private static final int[] RATES = {12, 24, 36};
    private static final int PYRAMID = 256;

    /** The heads. */
    public enum Kind {
        /**
         * DeepLab v3 (arXiv 1706.05587): a pyramid of dilated convolutions and the image's mean, {@code T.aspp}, then a
         * 3 x 3 convolution.
         */
        DEEPLAB,
        /** HRNet's (arXiv 1908.07919): a 1 x 1 convolution that keeps the channels of the scales side by side. */
        HRNET,
        /** The plain one of torchvision's FCN: 3 x 3 to a quarter of the channels, dropout, 1 x 1. */
        FCN;

        /** {@return its name in configurations} */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * {@return what a backbone usually has}
         *
         * @param backbone that the heads read
         */
        public static Kind of(Backbone backbone) {
            return backbone.parallel() ? HRNET : backbone.residual() ? DEEPLAB : FCN;
        }
    }

    @Override
    public void build(Blocks blocks, Trunk trunk, PredictedTasks tasks) {
        tasks.main().forEach((task, out) -> {
            String features = trunk.features(task);
            blocks.result(task, switch (kind) {
                case DEEPLAB -> deeplab(blocks, task, out, features);
                case HRNET -> hrnet(blocks, task, out, List.of(features));
                case FCN -> fcn(blocks, task, out, features);
            });
        });
    }

    private static String deeplab(Blocks blocks, String task, int out, String features) {
        int channels = blocks.scaled(PYRAMID);
        String pyramid = task + ".aspp";
        List<String> arms = new ArrayList<>();
        arms.add(blocks.add(pyramid + ".point", features, Units.convolved(channels, 1)));
        for (int rate : RATES) {
            arms.add(blocks.add(pyramid + ".rate" + rate, features, Units.dilated(channels, 3, rate),
                    Units.norm(Units.MOMENTUM), Layers.relu()));
        }
        arms.add(blocks.add(pyramid + ".image", features, Part.of(Layers.globalAveragePool().asImages())
                .add(Units.convolved(channels, 1)).add(blocks.filling(features))));
        blocks.add(pyramid, new Join.Concat(arms), Units.convolved(channels, 1).add(Layers.dropout(0.5)));
        return blocks.add(task + ".head", pyramid, Units.convolved(channels, 3)
                .add(blocks.predicting(blocks.shape(pyramid), out)));
    }

    /** @param scales one block, or several of one size */
    static String hrnet(Blocks blocks, String task, int out, List<String> scales) {
        int channels = scales.stream().mapToInt(blocks::channels).sum();
        return blocks.addJoined(task + ".head", scales, Part.of(Units.pointwise(channels), Units.norm(Units.MOMENTUM),
                Layers.relu()).add(blocks.predicting(blocks.shape(scales.getFirst()), out)));
    }

    private static String fcn(Blocks blocks, String task, int out, String features) {
        int channels = Math.max(2, blocks.channels(features) / 4);
        return blocks.add(task + ".head", features, Units.convolved(channels, 3).add(Layers.dropout(0.1))
                .add(blocks.predicting(blocks.shape(features), out)));
    }
}
