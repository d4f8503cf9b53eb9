package io.gimbal.metric;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** A loss that is taken place by place, of real-valued labels with as many channels as are predicted. */
abstract class PlaceLossMetric extends LossMetric {
    private final int channels;
    private final float ignore;

    /**
     * Has seen nothing yet.
     *
     * @param channels of a label, and of a prediction
     * @param ignore   the value of all channels of an unlabelled place
     */
    PlaceLossMetric(int channels, float ignore) {
        super(channels, channels);
        this.channels = channels;
        this.ignore = ignore;
    }

    /**
     * A labelled place's part of the sum.
     *
     * @param from  the index of its first predicted value
     * @param label the index of its label's first byte
     */
    abstract double place(FloatBuffer prediction, int from, ByteBuffer target, int label);

    @Override
    final void addPlaces(FloatBuffer prediction, ByteBuffer target, int count) {
        for (int place = 0; place < count; place++) {
            if (!Labels.unlabelled(target, place, channels, ignore)) {
                take(place(prediction, place * channels, target, place * channels * Float.BYTES));
            }
        }
    }
}
