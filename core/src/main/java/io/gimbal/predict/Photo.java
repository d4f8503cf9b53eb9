package io.gimbal.predict;

import io.gimbal.data.PhotoIntake;
import io.gimbal.data.PhotoPlane;
import io.gimbal.data.Plane;
import io.gimbal.data.Shown;
import io.gimbal.picture.HeapShare;
import io.gimbal.picture.PictureFile;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * What is known of a photo that was read.
 *
 * @param name    of its file; what messages call it where it has none
 * @param shown   where it lies in the network's image
 * @param preview 0xRRGGBB a pixel, at the preview's size, small enough to be looked at; null where none is kept
 */
record Photo(String name, Shown shown, int[] preview) {
    /** Pixels of a preview's longer side: a smaller photo is enlarged. */
    private static final int LEAST_SIDE = 384;
    private static final int MOST_SIDE = 960;
    static final long MOST_PREVIEW_PIXELS = (long) MOST_SIDE * MOST_SIDE;

    /**
     * Reads it, turned as it is shown.
     *
     * @param imageValues how many values the network's image has
     * @throws io.gimbal.config.UserException if it cannot be; names the file
     */
    static PhotoSource.Image read(PictureFile picture, PhotoIntake intake, int imageValues, boolean previewed) {
        picture.turn(picture.orientation());
        int height = picture.height();
        int width = picture.width();
        int toHeight = previewHeight(height, width);
        int toWidth = previewWidth(height, width);
        long ofPreview = previewed ? 3L * picture.channels() * height * toWidth + 4L * toHeight * toWidth : 0;
        return HeapShare.lend(intake.bytes(picture, Float.BYTES * (imageValues + ofPreview)), () -> {
            Plane plane = PhotoPlane.of(picture, intake.channels());
            float[] image = new float[imageValues];
            intake.write(plane, height, width, FloatBuffer.wrap(image));
            int[] preview = previewed ? colours(PhotoPlane.resized(plane, height, width, toHeight, toWidth)) : null;
            return new PhotoSource.Image(new Photo(picture.path().getFileName().toString(), intake.shown(height,
                    width), preview), image);
        });
    }

    /** Rows of the preview. */
    int previewHeight() {
        return previewHeight(shown.height(), shown.width());
    }

    /** Columns of the preview. */
    int previewWidth() {
        return previewWidth(shown.height(), shown.width());
    }

    private static int previewHeight(int height, int width) {
        return side(height, Math.max(height, width));
    }

    private static int previewWidth(int height, int width) {
        return side(width, Math.max(height, width));
    }

    private static int side(int extent, int longer) {
        return (int) Math.max(1, Math.round((double) extent * Math.clamp(longer, LEAST_SIDE, MOST_SIDE) / longer));
    }

    /** The first three channels; of fewer the first as grey. Real numbers are shown from the least to the largest. */
    private static int[] colours(Plane plane) {
        int channels = plane.channels();
        int[] colours = new int[plane.places()];
        byte[] bytes = plane instanceof Plane.Bytes whole ? whole.values() : bytes(((Plane.Floats) plane).values());
        Arrays.setAll(colours, pixel -> {
            int colour = 0;
            for (int c = 0; c < 3; c++) {
                colour = colour << 8 | bytes[pixel * channels + (channels >= 3 ? c : 0)] & 255;
            }
            return colour;
        });
        return colours;
    }

    private static byte[] bytes(float[] values) {
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        for (float value : values) {
            least = Math.min(least, value);
            most = Math.max(most, value);
        }
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Math.round(255 * (values[i] - least) / (most > least ? most - least : 1));
        }
        return bytes;
    }
}
