package io.gimbal.data;

import io.gimbal.picture.PictureFile;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Brings photos of any size to what a network takes, as training does, but for variations. Immutable; safe for use by
 * several threads.
 */
public final class PhotoIntake {
    private final Intake intake;
    private final SampleWriter writer;

    /**
     * Brings photos to a network's image.
     *
     * @param height        rows of that image
     * @param width         columns of that image
     * @param channels      values of its pixels
     * @param fit           how a photo meets the size
     * @param normalisation with an entry for each channel, or one for all
     */
    public PhotoIntake(int height, int width, int channels, Fit fit, Normalisation normalisation) {
        intake = new Intake(height, width, channels, fit, normalisation, Augmentation.NONE, new SampleCache.Bounds(0));
        writer = new SampleWriter(intake, List.of());
    }

    /**
     * {@return about the most bytes that reading and fitting it takes, what else is made of it included}
     *
     * @param photo  whose size is known
     * @param others bytes of what else is made of it
     * @throws io.gimbal.config.UserException if that is more than a thread may have
     */
    public long bytes(PictureFile photo, long others) {
        return PhotoPlane.bytes(photo, others, intake.kept(photo.height(), photo.width()));
    }

    /**
     * Writes a photo's image.
     *
     * @param photo  of {@link PhotoPlane#of}
     * @param height rows of the photo
     * @param width  columns of the photo
     * @param image  takes height * width * channels values, from index 0
     */
    public void write(Plane photo, int height, int width, FloatBuffer image) {
        Intake.Kept kept = intake.kept(height, width);
        Plane fitted = PhotoPlane.resized(photo, height, width, kept.height(), kept.width());
        writer.write(new Sample(kept, fitted, Map.of(), Set.of()), Variation.NONE, image, Map.of());
    }

    /**
     * {@return where a photo of that size lies in its image}
     *
     * @param height rows of the photo
     * @param width  columns of the photo
     */
    public Shown shown(int height, int width) {
        return Shown.of(intake, height, width);
    }

    /** {@return how many values a pixel of the network's image has} */
    public int channels() {
        return intake.channels();
    }
}
