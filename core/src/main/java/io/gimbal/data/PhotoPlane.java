package io.gimbal.data;

import io.gimbal.config.UserException;
import io.gimbal.picture.HeapShare;
import io.gimbal.picture.PictureFile;
import io.gimbal.picture.Resize;
import io.gimbal.picture.SampleType;
import io.gimbal.picture.Window;

/** Photos as planes of a network's channels. */
public final class PhotoPlane {
    private static final int COLOURS = 3;
    private static final float FULL_SHORT = 65535;

    private PhotoPlane() {}

    /**
     * All of a photo, as it is turned: red, green and blue where the network takes three channels and the file has
     * whole numbers; else its own channels.
     *
     * @param photo    whose file is open
     * @param channels that the network takes
     * @return its pixels, row by row
     * @throws UserException if it has other channels than the network takes, or a number that no network can take
     */
    public static Plane of(PictureFile photo, int channels) {
        boolean bytes = photo.type() == SampleType.UNSIGNED_8;
        if (channels == COLOURS && (bytes || photo.type() == SampleType.UNSIGNED_16)) {
            return new Plane.Bytes(photo.colours(), COLOURS);
        }
        String due = "model.input has images of " + channels + (channels == 1 ? " channel." : " channels.");
        if (photo.channels() != channels) {
            throw new UserException(photo.path() + ": a picture of " + photo.channels() + " channels. " + due);
        }
        if (bytes) {
            return new Plane.Bytes(photo.bytes(due), channels);
        }
        float[] values = photo.values(due);
        if (photo.type() == SampleType.UNSIGNED_16) {
            for (int i = 0; i < values.length; i++) {
                values[i] /= FULL_SHORT;
            }
        }
        requireFinite(photo, values);
        return new Plane.Floats(values, channels);
    }

    private static void requireFinite(PictureFile photo, float[] values) {
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                int place = i / photo.channels();
                throw new UserException(photo.path() + ": row " + place / photo.width() + ", column "
                        + place % photo.width() + " holds " + values[i] + ", which no network can take.");
            }
        }
    }

    /**
     * A photo's plane at another size, every pixel counting ({@link Resize#smooth}).
     *
     * @param plane      of a photo
     * @param fromHeight its rows
     * @param fromWidth  its columns
     * @param height     rows of the new one
     * @param width      columns of the new one
     * @return the new plane
     */
    public static Plane resized(Plane plane, int fromHeight, int fromWidth, int height, int width) {
        Window whole = Window.whole(fromHeight, fromWidth);
        return switch (plane) {
            case Plane.Bytes bytes -> new Plane.Bytes(Resize.smooth(bytes.values(), bytes.channels(), fromHeight,
                    fromWidth, whole, height, width), bytes.channels());
            case Plane.Floats floats -> new Plane.Floats(Resize.smooth(floats.values(), floats.channels(), fromHeight,
                    fromWidth, whole, height, width), floats.channels());
            default -> throw new IllegalArgumentException(plane.getClass() + " is no photo's plane");
        };
    }

    /**
     * {@return about the most bytes of heap that reading a photo and resizing it takes}
     *
     * @param photo  whose size is known
     * @param others bytes of what else is made of it
     * @param kept   the size at which it is kept
     * @throws UserException if that is more than a thread may have; names the file
     */
    public static long bytes(PictureFile photo, long others, Intake.Kept kept) {
        long bytes = photo.unpackedBytes() + others + (long) photo.channels() * Float.BYTES * photo.height()
                * kept.width() + 24L * kept.height() * kept.width();
        if (bytes > HeapShare.LARGEST) {
            throw new UserException(photo.path() + ": " + photo.width() + " x " + photo.height() + " pixels; to read "
                    + "such an example takes " + (bytes >> 20) + " MiB, and half of Java's heap has "
                    + (HeapShare.LARGEST >> 20) + ". Make its files smaller, or the heap larger (by "
                    + "-Xmx; for the launcher in GIMBAL_JAVA_OPTIONS).");
        }
        return bytes;
    }
}
