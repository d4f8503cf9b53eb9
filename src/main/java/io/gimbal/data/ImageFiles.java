package io.gimbal.data;

import io.gimbal.config.UserException;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
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
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * JPEG and PNG files, read as untrusted: a damaged or cut-off file is an error that names it, where ImageIO alone
 * would hand out half a picture. Sizes are checked before pixels are allocated.
 */
final class ImageFiles {
    private static final long LARGEST_FILE = 64L << 20;
    private static final long MOST_PIXELS = 1L << 26;
    private static final long PNG_SIGNATURE = 0x89504E470D0A1A0AL;
    private static final int IEND = 0x49454E44;

    private ImageFiles() { }

    /** A picture's bytes, row-major: {@code channels} (3: red, green, blue; 1: the stored numbers) a pixel. */
    record Bytes(int height, int width, int channels, byte[] values) { }

    static Bytes colour(Path file) {
        BufferedImage image = decode(file);
        int height = image.getHeight();
        int width = image.getWidth();
        byte[] values = new byte[3 * height * width];
        if (image.getType() == BufferedImage.TYPE_3BYTE_BGR && image.getRaster().getParent() == null) {
            byte[] stored = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
            for (int i = 0; i < values.length; i += 3) {
                values[i] = stored[i + 2];
                values[i + 1] = stored[i + 1];
                values[i + 2] = stored[i];
            }
        } else {
            int[] row = new int[width];
            for (int y = 0; y < height; y++) {
                image.getRGB(0, y, width, 1, row, 0, width);
                for (int x = 0; x < width; x++) {
                    int at = 3 * (y * width + x);
                    values[at] = (byte) (row[x] >> 16);
                    values[at + 1] = (byte) (row[x] >> 8);
                    values[at + 2] = (byte) row[x];
                }
            }
        }
        return new Bytes(height, width, 3, values);
    }

    /** The numbers as they are stored, without any colour conversion; one channel of at most 8 bits. */
    static Bytes numbers(Path file) {
        Raster raster = decode(file).getRaster();
        if (raster.getNumBands() != 1 || raster.getSampleModel().getSampleSize(0) > 8) {
            throw new UserException(file + ": a picture of " + raster.getNumBands() + " channels with "
                    + raster.getSampleModel().getSampleSize(0)
                            + " bits; labels and depth are one channel of 8 bits. Save it as a "
                    + "greyscale or palette PNG.");
        }
        int height = raster.getHeight();
        int width = raster.getWidth();
        byte[] values = new byte[height * width];
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            raster.getSamples(0, y, width, 1, 0, row);
            for (int x = 0; x < width; x++) {
                values[y * width + x] = (byte) row[x];
            }
        }
        return new Bytes(height, width, 1, values);
    }

    private static BufferedImage decode(Path file) {
        byte[] bytes = load(file);
        boolean png = bytes.length >= 8 && ByteBuffer.wrap(bytes).getLong(0) == PNG_SIGNATURE;
        boolean jpeg = bytes.length >= 2 && (bytes[0] & 255) == 0xFF && (bytes[1] & 255) == 0xD8;
        if (!png && !jpeg) {
            throw new UserException(file + ": neither a JPEG nor a PNG picture (by its first bytes)"
                    + (bytes.length == 0 ? "; the file is empty. " : ". ")
                            + "Copy it anew from the source of the data.");
        }
        if (png) {
            checkChunks(file, ByteBuffer.wrap(bytes));
        }
        List<String> warnings = new ArrayList<>();
        try (ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(png ? "png" : "jpeg");
            ImageReader reader = readers.next();
            try {
                reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
                reader.setInput(stream, true, true);
                long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
                if (pixels > MOST_PIXELS) {
                    throw new UserException(file + ": " + reader.getWidth(0) + " x " + reader.getHeight(0)
                            + " pixels; at most 2^26 are read.");
                }
                BufferedImage image = reader.read(0);
                if (!warnings.isEmpty()) {
                    throw damaged(file, warnings.getFirst(), null);
                }
                return image;
            } finally {
                reader.dispose();
            }
        } catch (UserException exception) {
            throw exception;
        } catch (IOException | RuntimeException exception) {
            throw damaged(file, exception.getMessage(), exception);
        }
    }

    private static byte[] load(Path file) {
        try {
            long size = Files.size(file);
            if (size > LARGEST_FILE) {
                throw new UserException(file + ": " + size + " bytes are too many for a picture; at most "
                        + LARGEST_FILE
                        + " are read.");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException missing) {
            throw new UserException(file + ": this file is missing. Restore it, or take its name out of the split's "
                    + "list.", missing);
        } catch (IOException exception) {
            throw new UserException(file + ": cannot be read: " + exception + ".", exception);
        }
    }

    /** Every chunk whole and with the checksum it claims, up to IEND: ImageIO itself lets cut-off pixels pass. */
    private static void checkChunks(Path file, ByteBuffer bytes) {
        bytes.position(8);
        int type = 0;
        while (type != IEND) {
            if (bytes.remaining() < 12) {
                throw damaged(file, "it ends before its last chunk", null);
            }
            int start = bytes.position();
            int length = bytes.getInt();
            type = bytes.getInt();
            if (length < 0 || length > bytes.remaining() - 4) {
                throw damaged(file, "it ends within a chunk", null);
            }
            CRC32 sum = new CRC32();
            sum.update(bytes.array(), start + 4, length + 4);
            bytes.position(start + 8 + length);
            if (bytes.getInt() != (int) sum.getValue()) {
                throw damaged(file, "the checksum of a chunk at byte " + start + " is wrong", null);
            }
        }
    }

    private static UserException damaged(Path file, String reason, Exception cause) {
        return new UserException(file + ": a damaged or cut-off picture (" + reason
                + "). Copy it anew from the source of the data.",
                cause);
    }
}
