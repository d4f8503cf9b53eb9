package io.gimbal.engine;

import io.gimbal.device.Precision;
import io.gimbal.graph.Rows;
import io.gimbal.graph.Shape;
import io.gimbal.program.Region;

/**
 * A task's prediction as its loss finds it in device memory. Elements are what the program's {@link Precision} says.
 * Several tasks may lie side by side in one tensor: each has its first channels at its own place, and the same pitch.
 *
 * <p>With a scale s above 1 the logits are those of an image that is s times smaller, [batch, height / s, width / s];
 * the loss is taken of what bilinear upsampling makes of them (as torch does it with {@code align_corners=False}), and
 * the cotangent is that of the small logits.
 *
 * @param values    the first logit
 * @param cotangent where the first logit's derivative goes
 * @param shape     that of the loss's target: full resolution, and the task's own channels
 * @param scale     how many times smaller than {@code shape} the logits are, both ways
 * @param pitch     elements from one place's first channel to the next's, in values and cotangent
 * @param written   channels of the cotangent that are written: the task's own, then zeros
 */
public record Prediction(Region values, Region cotangent, Shape shape, int scale, int pitch, int written) {
    private static final int MOST_SCALE = 16;
    private static final int MOST_CHANNELS = 256;

    /** Checks that the parts fit together. */
    public Prediction {
        if (scale < 1 || shape.height() % scale != 0 || shape.width() % scale != 0) {
            throw new IllegalArgumentException("scale is " + scale + "; it must be at least 1 and divide "
                    + shape.height() + " x " + shape.width());
        }
        if (scale > 1 && !mayBeUpsampled(scale, shape.channels())) {
            throw new IllegalArgumentException("no loss upsamples " + shape.channels() + " channels by " + scale
                    + "; upsample them before it (at most " + MOST_CHANNELS + " channels, by " + MOST_SCALE + ")");
        }
        if (shape.channels() > written || written > pitch) {
            throw new IllegalArgumentException("written is " + written + "; it must be from " + shape.channels()
                    + ", the channels, to " + pitch + ", the pitch");
        }
    }

    /**
     * A prediction at full resolution that has its tensors to itself.
     *
     * @param values    the logits
     * @param cotangent where their gradient goes
     * @param shape     of both
     * @return the prediction
     */
    public static Prediction of(Region values, Region cotangent, Shape shape) {
        return new Prediction(values, cotangent, shape, 1, shape.channels(), shape.channels());
    }

    /**
     * {@return whether losses can upsample logits of that many channels by themselves; where not, it has to be done
     * before}
     *
     * @param scale    how many times as high and wide
     * @param channels of the logits
     */
    public static boolean mayBeUpsampled(int scale, int channels) {
        return scale > 1 && scale <= MOST_SCALE && channels <= MOST_CHANNELS;
    }

    /** {@return whether the loss has to upsample} */
    public boolean upsampled() {
        return scale > 1;
    }

    /** {@return rows of the logits} */
    public int rows() {
        return shape.height() / scale;
    }

    /** {@return columns of the logits} */
    public int columns() {
        return shape.width() / scale;
    }
}
