package io.gimbal.model;

/** PAD-Net's first decoders (arXiv 1805.04409, section 3.2): features of each task, and a prediction from them. */
final class InitialPredictions {
    private static final int CHANNELS = 64;
    private static final int EXPANSION = 4;

    private InitialPredictions() {}

    /** How many channels the features have. */
    static int channels(Blocks blocks) {
        return EXPANSION * blocks.scaled(CHANNELS);
    }

    /** Two bottlenecks that keep so many channels. */
    static Part bottlenecks(int channels) {
        return bottleneck(channels).on(channels).add(bottleneck(channels).on(channels));
    }

    /** Adds {@code T.initial} and {@code T.prediction} of a task; gives the features. */
    static String add(Blocks blocks, Trunk trunk, String task, int out) {
        int channels = channels(blocks);
        String read = trunk.mixedFeatures(task);
        String initial = blocks.add(task + ".initial", read, bottleneck(channels).on(blocks.channels(read))
                .add(bottleneck(channels).on(channels)));
        blocks.predict(task, blocks.add(task + ".prediction", initial, blocks.predicting(blocks.shape(initial), out)));
        return initial;
    }

    private static Units.Bottleneck bottleneck(int channels) {
        return Units.Bottleneck.of(Math.max(1, channels / EXPANSION), channels);
    }
}
