package io.gimbal.predict;

import io.gimbal.config.UserException;
import io.gimbal.data.PhotoIntake;
import io.gimbal.picture.ArrayChoice;
import io.gimbal.picture.PictureFile;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * An image to be predicted. What it is of is read when it is submitted, by the thread that does so; it stays the
 * caller's, and must not change until then. A source may be submitted again. Immutable; for any thread.
 *
 * <p>Photos of any size, whose channels are the network's, are brought to its image as training brings its own; by
 * EXIF's orientation they are turned as they are shown.
 *
 * <p><em>Normalised</em> images are in the network's own shape already: {@link Model#height} x {@link Model#width} x
 * {@link Model#channels} float32 values, row by row from the top, the channels of a pixel side by side, in training's
 * order (red, green, blue), each (v - mean) / deviation by the training's {@code normalize}, v from 0 to 1.
 */
public final class PhotoSource extends PredictionSource<PhotoPrediction> {
    private static final String UNNAMED = "the image";

    /** What was read: the network's image, and what is known of the photo. */
    record Image(Photo photo, float[] values) {}

    /** How it is read. */
    private interface Reader {
        Image read(Model model, boolean preview);
    }

    private final Reader reader;
    private final boolean preview;

    private PhotoSource(Reader reader, boolean preview) {
        this.reader = reader;
        this.preview = preview;
    }

    private static PhotoSource ofPicture(Supplier<PictureFile> opened) {
        return new PhotoSource((model, preview) -> Photo.read(opened.get(), model.intake(), model.inputValues(),
                preview), false);
    }

    /**
     * A file of any form that Gimbal reads.
     *
     * @param file the picture
     * @return a source that reads the file when it is submitted
     */
    public static PhotoSource of(Path file) {
        return ofPicture(() -> PictureFile.openAsStored(file, ArrayChoice.ONLY));
    }

    /**
     * The bytes of such a file, but of an archive of arrays (npz).
     *
     * @param file all bytes of the file, which stay the caller's
     * @return a source that reads them when it is submitted
     */
    public static PhotoSource ofBytes(byte[] file) {
        return ofPicture(() -> PictureFile.ofBytes(Path.of(UNNAMED), file));
    }

    /**
     * A picture that Java holds; a grey one is taken as it is stored, any other by its colours in sRGB.
     *
     * @param image of any type, which stays the caller's
     * @return a source that reads it when it is submitted
     */
    public static PhotoSource of(BufferedImage image) {
        return ofPicture(() -> PictureFile.ofImage(Path.of(UNNAMED), image));
    }

    /**
     * A normalised image.
     *
     * @param values as many as an image of the model has
     * @return a source that copies them when it is submitted
     */
    public static PhotoSource normalised(float[] values) {
        return normalised(FloatBuffer.wrap(values));
    }

    /**
     * A normalised image, from the buffer's position to its limit; these stay.
     *
     * @param values as many remain as an image of the model has
     * @return a source that copies them when it is submitted
     */
    public static PhotoSource normalised(FloatBuffer values) {
        return new PhotoSource((model, _) -> read(model, values.duplicate()), false);
    }

    /**
     * The same of bytes, in the buffer's byte order.
     *
     * @param values four times as many bytes remain as an image of the model has values
     * @return a source that copies them when it is submitted
     */
    public static PhotoSource normalised(ByteBuffer values) {
        return new PhotoSource((model, _) -> {
            if (values.remaining() != (long) Float.BYTES * model.inputValues()) {
                throw otherSize(model, values.remaining() + " bytes", (long) Float.BYTES * model.inputValues());
            }
            return read(model, values.duplicate().order(values.order()).asFloatBuffer());
        }, false);
    }

    private static Image read(Model model, FloatBuffer values) {
        if (values.remaining() != model.inputValues()) {
            throw otherSize(model, values.remaining() + " values", model.inputValues());
        }
        float[] image = new float[model.inputValues()];
        values.get(image);
        for (int i = 0; i < image.length; i++) {
            if (!Float.isFinite(image[i])) {
                int place = i / model.channels();
                throw new UserException(UNNAMED + ": row " + place / model.width() + ", column " + place
                        % model.width() + " holds " + image[i] + ", which no network can take.");
            }
        }
        PhotoIntake intake = model.intake();
        return new Image(new Photo(UNNAMED, intake.shown(model.height(), model.width()), null), image);
    }

    private static UserException otherSize(Model model, String found, long due) {
        return new UserException(UNNAMED + ": " + found + ", where a normalised image of this model has " + due
                + " of float32: " + model.height() + " rows of " + model.width() + " pixels of " + model.channels()
                + (model.channels() == 1 ? " channel." : " channels."));
    }

    /**
     * The same, but what is predicted keeps a small picture of the photo, over which {@link OutputKind#OVERLAY} draws.
     * It takes time and memory to make. A normalised image has none.
     *
     * @return another source of the same image
     */
    public PhotoSource withPreview() {
        return new PhotoSource(reader, true);
    }

    @Override
    Reading<PhotoPrediction> read(Model model) {
        model.requireImages();
        Image image = reader.read(model, preview);
        return new Reading<>(image.values(), outputs -> model.prediction(image.photo(), outputs));
    }
}
