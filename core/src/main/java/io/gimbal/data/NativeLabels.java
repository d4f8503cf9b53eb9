package io.gimbal.data;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * The labels of one sample in its image's own pixels, whatever size a network takes. Safe for use by several threads,
 * each with a target of its own.
 */
public final class NativeLabels {
    private final Sample sample;
    private final Map<String, Layer> layers;

    /** @param sample as it is decoded at its image's own size */
    NativeLabels(Sample sample, Map<String, Layer> layers) {
        this.sample = sample;
        this.layers = layers;
    }

    /** {@return how many rows the image has} */
    public int height() {
        return sample.kept().height();
    }

    /** {@return how many columns the image has} */
    public int width() {
        return sample.kept().width();
    }

    /**
     * Writes one row, as {@link DataSet#read} writes all of them.
     *
     * @param field  one of each pixel that was asked for; of points there are no labels but at the network's size
     * @param y      the row, from 0 at the top
     * @param target with just the room for {@link #width()} places, in native byte order
     */
    public void row(String field, int y, ByteBuffer target) {
        Layer layer = layers.get(field);
        if (layer.field().wholeImage() || layer.field().kind() == Field.Kind.POINTS) {
            throw new IllegalArgumentException(layer.field() + " has no labels of each pixel");
        }
        Plane plane = sample.fields().get(field);
        if (plane == null) {
            layer.field().fillUnlabelled(target);
        } else {
            float[] row = new float[width() * plane.channels()];
            SampleWriter.writeRow(layer, plane, y * width(), width(), row, target);
        }
    }
}
