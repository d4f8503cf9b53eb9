package io.gimbal.picture;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * A file of pixels or of an array, read as untrusted: opening it reads its bytes and checks its form and its size, and
 * nothing is unpacked before that. What it stores is what is read: profiles and gammas are left alone. Which of the
 * formats it is, is told by its first bytes. Pixels are handed out row by row, the channels of a pixel side by side.
 *
 * <p>Errors name the file. Safe to use from one thread at a time.
 */
public abstract sealed class PictureFile permits ArrayFile, BmpFile, JpegFile,
        MatlabPicture, NumberPicture, PfmFile, PngFile, RasterPicture, TiffFile, WebpFile {
    /**
     * The suffixes by which files are looked for, in small letters. MATLAB's is not among them: what lies beside photos
     * under their names holds annotations of any form.
     */
    public static final List<String> SUFFIXES = List.of(".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp",
            ".npy", ".npz", ".pfm");

    static final long LARGEST_FILE = 256L << 20;
    private static final long MOST_PIXELS = 1L << 26;
    private static final long MOST_BYTES = 1L << 29;

    /** By what plain JPEGs are unpacked here: libjpeg-turbo, or the JDK where there is none for this machine. */
    public static String jpegDecoder() {
        return Leptonica.FOUND == null ? "the JDK" : "libjpeg-turbo";
    }

    /** What a kind of file finds in its header. */
    int height;
    int width;
    int channels;
    SampleType type = SampleType.UNSIGNED_8;
    /** Of a channel in the file. */
    int bits = 8;
    /** Whether the last channel says how opaque a pixel is. */
    boolean alpha;
    /** Red, green and blue of each number, where pixels are numbers of colours. */
    byte[] palette;
    /** How opaque each of the first colours of the palette is. */
    byte[] paletteAlpha = new byte[0];
    /** The pixel that is transparent, channel by channel, where there is one. */
    int[] clear;
    /** As EXIF has it: 1 where the first row and column are the upper and left ones. */
    int orientation = Exif.UPRIGHT;

    private final Path path;
    private int turn = Exif.UPRIGHT;

    PictureFile(Path path) {
        this.path = path;
    }

    /**
     * Reads a file.
     *
     * @throws UserException if it is missing, damaged, too large, or to be turned before it is shown; names it
     */
    public static PictureFile open(Path path) {
        return open(path, ArrayChoice.ONLY);
    }

    /**
     * Reads a file.
     *
     * @param choice which array is meant, and how, should it be a file of arrays
     * @throws UserException if it is missing, damaged, too large, or to be turned before it is shown; names it
     */
    public static PictureFile open(Path path, ArrayChoice choice) {
        PictureFile picture = openAsStored(path, choice);
        picture.requireUpright();
        return picture;
    }

    /** The same whatever the {@link #orientation()}, for who takes care of it by {@link #turn}. */
    public static PictureFile openAsStored(Path path, ArrayChoice choice) {
        return of(path, load(path), choice);
    }

    /** The file of that name, which has these bytes. */
    static PictureFile of(Path path, byte[] bytes) {
        PictureFile picture = of(path, bytes, ArrayChoice.ONLY);
        picture.requireUpright();
        return picture;
    }

    static PictureFile of(Path path, byte[] bytes, ArrayChoice choice) {
        return sized(ofItsKind(path, bytes, choice));
    }

    /**
     * Numbers of a file that is no picture, such as those that a shape in it says.
     *
     * @param path    the file, for messages
     * @param numbers one a pixel, row by row; stays with the picture
     */
    public static PictureFile ofNumbers(Path path, byte[] numbers, int height, int width) {
        return sized(new NumberPicture(path, numbers, height, width));
    }

    /**
     * A picture whose file has these bytes, be it a file or not; whatever its {@link #orientation()}.
     *
     * @param path what messages call it
     * @throws UserException if it is damaged or too large, or an archive, of which arrays are read from the disk
     */
    public static PictureFile ofBytes(Path path, byte[] bytes) {
        if (bytes.length > LARGEST_FILE) {
            throw tooLarge(path, bytes.length);
        }
        if (ArrayArchive.is(bytes)) {
            throw new UserException(path + ": an archive of arrays (npz), which is read as a file alone; give its "
                    + "path, or one array of it (npy).");
        }
        return of(path, bytes, ArrayChoice.ONLY);
    }

    /**
     * Java's picture: its greys as they are stored, where it has these alone; else its colours as 8 bits of sRGB.
     *
     * @param path what messages call it
     * @throws UserException if it is too large
     */
    public static PictureFile ofImage(Path path, BufferedImage image) {
        return sized(new RasterPicture(path, image));
    }

    private static PictureFile sized(PictureFile picture) {
        if ((long) picture.height * picture.width > MOST_PIXELS) {
            throw picture.refused(picture.width + " x " + picture.height + " pixels; at most 2^26 are read. "
                    + "Make it smaller.");
        }
        long size = (long) picture.height * picture.width * picture.channels;
        if (size > MOST_BYTES / picture.type.bytes()) {
            throw picture.refused(picture.channels + " channels of " + picture.width + " x " + picture.height
                    + " pixels; at most 512 MiB are read.");
        }
        return picture;
    }

    private static PictureFile ofItsKind(Path path, byte[] bytes, ArrayChoice choice) {
        if (PngFile.is(bytes)) {
            return new PngFile(path, ByteBuffer.wrap(bytes));
        }
        if (JpegFile.is(bytes)) {
            return new JpegFile(path, bytes);
        }
        if (ArrayFile.is(bytes)) {
            return new ArrayFile(path, "", bytes, choice);
        }
        if (ArrayArchive.is(bytes)) {
            return ArrayArchive.open(path, choice);
        }
        if (TiffFile.is(bytes)) {
            return new TiffFile(path, bytes);
        }
        if (MatlabFile.is(bytes)) {
            return new MatlabPicture(path, bytes, choice);
        }
        if (WebpFile.is(bytes)) {
            return new WebpFile(path, bytes);
        }
        if (PfmFile.is(bytes)) {
            return new PfmFile(path, bytes);
        }
        if (BmpFile.is(bytes)) {
            return new BmpFile(path, bytes);
        }
        throw new UserException(path + ": neither a picture (PNG, JPEG, BMP, TIFF, WebP, PFM) nor an array (npy, npz, "
                + "mat), by its first bytes" + (bytes.length == 0 ? "; the file is empty. " : ". ")
                + "Copy it anew from the source of the data.");
    }

    public final Path path() {
        return path;
    }

    /** Rows, as turned. */
    public final int height() {
        return transposed() ? width : height;
    }

    /** Columns, as turned. */
    public final int width() {
        return transposed() ? height : width;
    }

    /** Numbers of a pixel, transparency among them; 1 where pixels are numbers of a palette's colours. */
    public final int channels() {
        return channels;
    }

    /** What a number is once it is unpacked. */
    public final SampleType type() {
        return type;
    }

    /** Bits of a number in the file. */
    public final int bits() {
        return bits;
    }

    /** About the most bytes of heap that one of the methods below takes with what it returns. */
    public final long unpackedBytes() {
        return (long) height * width * (channels * (type.bytes() + Float.BYTES) + 4L);
    }

    /** EXIF's orientation, 1 to 8, as the file has it; 1 where it has none: as stored, so shown. */
    public final int orientation() {
        return orientation;
    }

    /**
     * From now on hands out the picture as one of that orientation is shown, whatever the file's own says: a sample's
     * labels turn along with its photo.
     *
     * @param shown EXIF's number, 1 to 8; 1 is as stored
     */
    public final void turn(int shown) {
        if (shown < 1 || shown > 8) {
            throw new IllegalArgumentException("orientation " + shown + "; 1 to 8 there are");
        }
        turn = shown;
    }

    private boolean transposed() {
        return turn >= 5;
    }

    /**
     * Red, green and blue of each pixel. Greys are in all three, those of less than 8 bits spread over 0 to 255; of 16
     * bits comes the nearest of 8.
     *
     * @throws UserException if a pixel is transparent, or the file's numbers are no colours
     */
    public final byte[] colours() {
        return new Photo(this).colours(turned());
    }

    /**
     * The class number of each pixel: what is stored; the number of its colour where there is a palette. Numbers with a
     * fraction must have none.
     *
     * @param due what such a picture is, in a sentence for whoever saved another one
     */
    public final int[] classNumbers(String due) {
        return classes(due).ints(reason -> refused(reason + ". " + due));
    }

    /** The same as unsigned bytes where {@link #type()} is {@link SampleType#UNSIGNED_8}. */
    public final byte[] classBytes(String due) {
        requireType(SampleType.UNSIGNED_8);
        return classes(due).bytes();
    }

    private Samples classes(String due) {
        requireOneChannel(due);
        Samples samples = turned();
        requireKnownGreys(samples, due);
        return samples;
    }

    /**
     * The grey level of each pixel, as 8 bits store it.
     *
     * @param due what such a picture is, in a sentence for whoever saved another one
     */
    public final byte[] greyLevels(String due) {
        requireExact(due);
        if (bits != 8 || type != SampleType.UNSIGNED_8) {
            throw otherForm(due);
        }
        requireOneChannel(due);
        requireNumbers(due);
        Samples samples = turned();
        requireKnownGreys(samples, due);
        return samples.bytes();
    }

    /**
     * The stored numbers of all channels: whole ones exactly, those of float64 by the nearest of float32.
     *
     * @param due what such a picture is, in a sentence for whoever saved another one
     * @throws UserException if a channel is transparency, a whole number is none of float32, pixels are numbers of
     *                       colours, or the file's form changes numbers (JPEG)
     */
    public final float[] values(String due) {
        return numbers(due).floats(reason -> refused(reason + ". " + due));
    }

    /** The same where {@link #type()} is {@link SampleType#UNSIGNED_8}. */
    public final byte[] bytes(String due) {
        requireType(SampleType.UNSIGNED_8);
        return numbers(due).bytes();
    }

    /** The same where {@link #type()} is {@link SampleType#UNSIGNED_16}. */
    public final short[] shorts(String due) {
        requireType(SampleType.UNSIGNED_16);
        return numbers(due).shorts();
    }

    private void requireType(SampleType expected) {
        if (type != expected) {
            throw new IllegalStateException(path + " holds " + type + ", where " + expected + " is asked for");
        }
    }

    private Samples numbers(String due) {
        requireExact(due);
        if (alpha) {
            throw refused("its last channel is transparency, which is no number of its own. " + due + " Leave "
                    + "transparency out, such as with magick mogrify -alpha off FILE.");
        }
        requireNumbers(due);
        Samples samples = turned();
        requireKnownGreys(samples, due);
        return samples;
    }

    private void requireExact(String due) {
        String form = lossyForm();
        if (form != null) {
            throw refused("a " + form + ", which changes the numbers that it is to keep. " + due
                    + " Make it from the original: what was a " + form + " once has changed numbers.");
        }
    }

    private void requireOneChannel(String due) {
        requireExact(due);
        if (channels != 1) {
            throw otherForm(due);
        }
    }

    private void requireNumbers(String due) {
        if (palette != null && !greyPalette()) {
            throw refused("a picture in the colours of a palette. " + due);
        }
    }

    private UserException otherForm(String due) {
        return refused("a picture of " + channels + (channels == 1 ? " channel" : " channels") + " with " + bits
                + (bits == 1 ? " bit" : " bits") + (type.real() ? " (" + type + "). " : ". ") + due);
    }

    /** In a palette of greys, a number's grey must be that number: else either might be meant. */
    private void requireKnownGreys(Samples samples, String due) {
        if (palette == null) {
            return;
        }
        boolean greys = greyPalette();
        for (byte pixel : samples.bytes()) {
            int number = pixel & 0xFF;
            requireInPalette(number);
            if (greys && (palette[3 * number] & 0xFF) != number) {
                throw refused("number " + number + " of its palette is the grey " + (palette[3 * number] & 0xFF)
                        + ", and which of the two is meant is not known. " + due);
            }
        }
    }

    private boolean greyPalette() {
        for (int i = 0; i < palette.length; i += 3) {
            if (palette[i] != palette[i + 1] || palette[i] != palette[i + 2]) {
                return false;
            }
        }
        return true;
    }

    final void requireInPalette(int number) {
        if (3 * number >= palette.length) {
            throw damaged("a pixel has number " + number + " of a palette of " + palette.length / 3 + " colours", null);
        }
    }

    private Samples turned() {
        return unpack().turned(turn);
    }

    /** The stored numbers, as stored. */
    abstract Samples unpack();

    /** Which form of file it is, where that changes the numbers that it is given; else null. */
    String lossyForm() {
        return null;
    }

    /**
     * Refuses what EXIF says is shown turned: labels and depth of a sample do not turn along with its photo, so that
     * turning it here might part them.
     */
    public final void requireUpright() {
        String shown = Exif.shown(orientation);
        if (shown != null) {
            throw refused("by its EXIF orientation, " + orientation + ", viewers show it " + shown + ". Whether the "
                    + "sample's other pictures match what is shown or what is stored, Gimbal cannot know. If what is "
                    + "shown: turn the stored pixels (magick mogrify -auto-orient FILE). If what is stored: remove the "
                    + "entry (exiftool -Orientation= FILE).");
        }
    }

    static byte[] load(Path path) {
        try {
            BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class);
            if (!found.isRegularFile()) {
                FileFailures.requireOrdinary(path, "a picture");
            }
            long size = found.size();
            if (size > LARGEST_FILE) {
                throw tooLarge(path, size);
            }
            return Files.readAllBytes(path);
        } catch (NoSuchFileException missing) {
            throw new UserException(path + ": this file is missing. Restore it, or leave it out.", missing);
        } catch (IOException exception) {
            throw FileFailures.reading(path, exception);
        }
    }

    private static UserException tooLarge(Path path, long bytes) {
        return new UserException(path + ": " + bytes + " bytes are too many for a picture; at most " + LARGEST_FILE
                + " are read.");
    }

    final UserException damaged(String reason, Exception cause) {
        return damaged(path, reason, cause);
    }

    static UserException damaged(Path path, String reason, Exception cause) {
        return new UserException(path + ": a damaged or cut-off file (" + reason + "). Copy it anew from the "
                + "source of the data; where the source's is the same, open it in another program and save it again.",
                cause);
    }

    final UserException refused(String reason) {
        return new UserException(path + ": " + reason);
    }
}
