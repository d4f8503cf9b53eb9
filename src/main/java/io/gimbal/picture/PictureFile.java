package io.gimbal.picture;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A JPEG or PNG file, read as untrusted: opening it reads its bytes and checks its form and its size, and nothing is
 * unpacked before that. What it stores is what is read: profiles and gammas are left alone. The JDK's decoder is given
 * the pixels alone, without what a file tells of them besides, and hands out stored samples; what they mean is said
 * here.
 */
public abstract sealed class PictureFile permits JpegFile, PngFile {
    private static final long LARGEST_FILE = 64L << 20;
    private static final long MOST_PIXELS = 1L << 26;

    /** What a kind of file finds in its header. */
    int height;
    int width;
    /** As EXIF has it: 1 where the first row and column are the upper and left ones. */
    int orientation = Exif.UPRIGHT;

    private final Path path;

    PictureFile(Path path) {
        this.path = path;
    }

    /**
     * Reads a file.
     *
     * @throws UserException if it is missing, damaged, too large, or to be turned before it is shown; names it
     */
    public static PictureFile open(Path path) {
        return of(path, load(path));
    }

    /** The file of that name, which has these bytes. */
    static PictureFile of(Path path, byte[] bytes) {
        PictureFile picture;
        if (PngFile.is(bytes)) {
            picture = new PngFile(path, ByteBuffer.wrap(bytes));
        } else if (JpegFile.is(bytes)) {
            picture = new JpegFile(path, bytes);
        } else {
            throw new UserException(path + ": neither a JPEG nor a PNG picture (by its first bytes)"
                    + (bytes.length == 0 ? "; the file is empty. " : ". ")
                    + "Copy it anew from the source of the data.");
        }
        if ((long) picture.height() * picture.width() > MOST_PIXELS) {
            throw new UserException(path + ": " + picture.width() + " x " + picture.height()
                    + " pixels; at most 2^26 are read.");
        }
        picture.requireUpright();
        return picture;
    }

    public final Path path() {
        return path;
    }

    public final int height() {
        return height;
    }

    public final int width() {
        return width;
    }

    /** Red, green and blue of each pixel, row-major. */
    public abstract byte[] colours();

    /**
     * The class number of each pixel, row-major.
     *
     * @param due what such a picture is, in a sentence for whoever saved another one
     */
    public abstract byte[] classNumbers(String due);

    /**
     * The grey level of each pixel, row-major.
     *
     * @param due what such a picture is, in a sentence for whoever saved another one
     */
    public abstract byte[] greyLevels(String due);

    /** Labels and depth of a sample do not turn along with its photo, so that turning it here might part them. */
    private void requireUpright() {
        String shown = switch (orientation) {
            case 2 -> "mirrored left to right";
            case 3 -> "turned by 180 degrees";
            case 4 -> "mirrored top to bottom";
            case 5 -> "mirrored, and turned by 270 degrees clockwise";
            case 6 -> "turned by 90 degrees clockwise";
            case 7 -> "mirrored, and turned by 90 degrees clockwise";
            case 8 -> "turned by 270 degrees clockwise";
            default -> null;
        };
        if (shown != null) {
            throw refused("by its EXIF orientation, " + orientation + ", viewers show it " + shown + ". Whether the "
                    + "sample's other pictures match what is shown or what is stored, Gimbal cannot know. If what is "
                    + "shown: turn the stored pixels (magick mogrify -auto-orient FILE). If what is stored: remove the "
                    + "entry (exiftool -Orientation= FILE).");
        }
    }

    /**
     * What is stored for each pixel.
     *
     * @param format   "jpeg" or "png"
     * @param harmless which of the decoder's warnings leave the pixels whole
     */
    final Raster decode(String format, byte[] pixels, Predicate<String> harmless) {
        List<String> warnings = new ArrayList<>();
        ImageReader reader = reader(format);
        try (ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(pixels))) {
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            reader.setInput(stream, true, true);
            Raster raster = reader.canReadRaster() ? reader.readRaster(0, null) : reader.read(0).getRaster();
            for (String warning : warnings) {
                if (!harmless.test(warning)) {
                    throw damaged(warning, null);
                }
            }
            return raster;
        } catch (UserException exception) {
            throw exception;
        } catch (IOException | RuntimeException exception) {
            if (exception.getCause() instanceof Error error) {
                throw error;
            }
            throw damaged(exception.getMessage(), exception);
        } finally {
            reader.dispose();
        }
    }

    /** The JDK's own, whatever else an application has for ImageIO. */
    private static ImageReader reader(String format) {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            if (reader.getClass().getModule() == ImageIO.class.getModule()) {
                return reader;
            }
            reader.dispose();
        }
        throw new IllegalStateException("this Java has no decoder of its own for " + format);
    }

    private static byte[] load(Path path) {
        try {
            long size = Files.size(path);
            if (size > LARGEST_FILE) {
                throw new UserException(path + ": " + size + " bytes are too many for a picture; at most "
                        + LARGEST_FILE + " are read.");
            }
            return Files.readAllBytes(path);
        } catch (NoSuchFileException missing) {
            throw new UserException(path + ": this file is missing. Restore it, or take its name out of the split's "
                    + "list.", missing);
        } catch (IOException exception) {
            throw FileFailures.reading(path, exception);
        }
    }

    final UserException damaged(String reason, Exception cause) {
        return new UserException(path + ": a damaged or cut-off picture (" + reason + "). Copy it anew from the "
                + "source of the data; where the source's is the same, open it in another program and save it again.",
                cause);
    }

    final UserException refused(String reason) {
        return new UserException(path + ": " + reason);
    }
}
