package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A Windows bitmap that is not packed: 1, 4 or 8 bits by a palette, 24 bits, or 32 bits whose fourth byte is left alone
 * unless the header names it transparency. The lowest row comes first, unless the height is negative.
 */
final class BmpFile extends PictureFile {
    private static final int FILE_HEADER = 14;
    private static final int SMALLEST_HEADER = 40;
    private static final int MASKED = 3;
    private static final int[] USUAL_MASKS = {0xFF0000, 0xFF00, 0xFF};

    private final ByteBuffer in;
    private final int pixels;
    private final int pixelBits;
    private final int rowBytes;
    private boolean upwards;

    BmpFile(Path path, byte[] bytes) {
        super(path);
        in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < FILE_HEADER + SMALLEST_HEADER) {
            throw damaged("it ends within its header", null);
        }
        int header = in.getInt(FILE_HEADER);
        if (header < SMALLEST_HEADER || header > bytes.length - FILE_HEADER) {
            throw refused("a BMP with a header of " + (header & 0xFFFFFFFFL) + " bytes; those of 40 and more, inside "
                    + "of the file, are read. Save it as a PNG.");
        }
        size();
        pixelBits = in.getShort(28) & 0xFFFF;
        packing(in.getInt(30), header);
        long row = ((long) width * pixelBits + 31) / 32 * 4;
        pixels = in.getInt(10);
        if (pixels < FILE_HEADER + header || pixels + row * height > bytes.length) {
            throw damaged("it ends within its pixels", null);
        }
        rowBytes = (int) row;
        if (pixelBits <= 8) {
            takePalette(header);
        } else {
            channels = alpha ? 4 : 3;
        }
    }

    static boolean is(byte[] bytes) {
        return bytes.length >= 2 && bytes[0] == 'B' && bytes[1] == 'M';
    }

    private void size() {
        width = in.getInt(18);
        int rows = in.getInt(22);
        upwards = rows > 0;
        height = Math.abs(rows);
        if (width < 1 || height < 1) {
            throw damaged("its header says " + width + " x " + rows + " pixels", null);
        }
    }

    private void packing(int packing, int header) {
        boolean known = switch (pixelBits) {
            case 1, 4, 8, 24 -> packing == 0;
            case 32 -> packing == 0 || packing == MASKED && usualMasks(header);
            default -> false;
        };
        if (!known) {
            throw refused("a BMP of " + pixelBits + " bits a pixel, packed in way " + packing + "; 1, 4, 8, 24 and 32 "
                    + "bits, not packed, are read. Save it as a PNG.");
        }
    }

    /** Masks stand behind a header of 40 bytes, and inside of longer ones, in the same place; a fourth from 56 on. */
    private boolean usualMasks(int header) {
        int masks = FILE_HEADER + SMALLEST_HEADER;
        if (in.limit() < masks + 16) {
            return false;
        }
        for (int i = 0; i < 3; i++) {
            if (in.getInt(masks + 4 * i) != USUAL_MASKS[i]) {
                return false;
            }
        }
        int fourth = header >= 56 ? in.getInt(masks + 12) : 0;
        alpha = fourth == 0xFF000000;
        return fourth == 0 || alpha;
    }

    private void takePalette(int header) {
        channels = 1;
        long used = in.getInt(46) & 0xFFFFFFFFL;
        int colours = (int) (used == 0 ? 1 << pixelBits : Math.min(used, 1 << pixelBits));
        int start = FILE_HEADER + header;
        if (start + 4L * colours > in.limit()) {
            throw damaged("it ends within its palette", null);
        }
        palette = new byte[3 * colours];
        for (int i = 0; i < colours; i++) {
            for (int c = 0; c < 3; c++) {
                palette[3 * i + c] = in.get(start + 4 * i + 2 - c);
            }
        }
    }

    @Override
    Samples unpack() {
        byte[] unpacked = new byte[height * width * channels];
        for (int row = 0; row < height; row++) {
            int from = pixels + (upwards ? height - 1 - row : row) * rowBytes;
            if (pixelBits <= 8) {
                split(from, unpacked, row * width);
            } else {
                mirror(from, unpacked, row * width * channels);
            }
        }
        return Samples.ofBytes(unpacked, height, width, channels);
    }

    private void split(int from, byte[] unpacked, int to) {
        int most = (1 << pixelBits) - 1;
        for (int x = 0; x < width; x++) {
            int bit = x * pixelBits;
            unpacked[to + x] = (byte) (in.get(from + (bit >> 3)) >> 8 - pixelBits - (bit & 7) & most);
        }
    }

    /** Blue, green, red as they stand in the file. */
    private void mirror(int from, byte[] unpacked, int to) {
        int step = pixelBits / 8;
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < 3; c++) {
                unpacked[to + x * channels + c] = in.get(from + x * step + 2 - c);
            }
            if (alpha) {
                unpacked[to + x * channels + 3] = in.get(from + x * step + 3);
            }
        }
    }
}
