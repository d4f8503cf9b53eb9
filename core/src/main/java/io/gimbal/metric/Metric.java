package io.gimbal.metric;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Accumulates predictions against labels. For one thread, and refuses others by name. All buffers are read by absolute
 * index from 0; positions and limits are neither used nor moved.
 *
 * <p>A <em>place</em> is what one label belongs to: a pixel of dense labels, a sample of flat ones. Places are in the
 * layout's order (N, H, W), channels last.
 */
public interface Metric {

    /**
     * Adds the first places of a batch.
     *
     * @param prediction the network's raw output, channels a place; logits for classes
     * @param target     the labels in native byte order: {@code int32} for classes, {@code float32} otherwise
     * @param places     how many places count: the real samples' only, if the batch is padded
     */
    void add(FloatBuffer prediction, ByteBuffer target, long places);

    /**
     * Says that the places added since the last such call are an image, row by row. What is measured image by image
     * needs it; all else counts without.
     *
     * @param height its rows
     * @param width  its columns
     */
    default void endImage(int height, int width) { }

    /** {@return the figures so far, in the order in which papers give them; NaN while nothing labelled was added} */
    List<Score> scores();

    /** Forgets everything. */
    void reset();
}
