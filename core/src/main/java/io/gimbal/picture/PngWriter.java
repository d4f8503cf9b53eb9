package io.gimbal.picture;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Pictures as the bytes of PNG files (PNG, third edition), row by row from the upper left. Lossless. */
public final class PngWriter {
    private static final long SIGNATURE = 0x89504E470D0A1A0AL;
    private static final int GREY = 0;
    private static final int COLOURS = 2;
    private static final int PALETTE = 3;
    private static final int COLOURS_AND_OPACITY = 6;
    /** Each byte less the one above it; good for what changes slowly. */
    private static final int UP = 2;
    private static final int NONE = 0;
    /** Of zlib's 1 to 9: of photos the default, 6, takes three times as long for files that are smaller by 6 %. */
    private static final int EFFORT = 4;
    private static final int BLOCK = 1 << 16;

    private final int height;
    private final int width;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private PngWriter(int height, int width) {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException(width + " x " + height + " pixels are no picture");
        }
        this.height = height;
        this.width = width;
        out.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(SIGNATURE).array());
    }

    /**
     * A picture of numbers of a palette, 8 bits each.
     *
     * @param numbers  a byte a pixel, unsigned
     * @param palette  the numbers' colours, 0xRRGGBB, at most 256
     * @throws IllegalArgumentException if a number has no colour, or there are not as many as pixels
     */
    public static byte[] ofPalette(byte[] numbers, int height, int width, int[] palette) {
        requirePixels(numbers.length, height, width);
        if (palette.length < 1 || palette.length > 256) {
            throw new IllegalArgumentException("a palette of " + palette.length + " colours; it has 1 to 256");
        }
        for (byte number : numbers) {
            if ((number & 255) >= palette.length) {
                throw new IllegalArgumentException("number " + (number & 255) + " of " + palette.length + " colours");
            }
        }
        PngWriter png = new PngWriter(height, width);
        png.header(8, PALETTE);
        byte[] colours = new byte[3 * palette.length];
        for (int i = 0; i < palette.length; i++) {
            put(colours, 3 * i, palette[i]);
        }
        png.chunk("PLTE", colours, colours.length);
        return png.pixels(NONE, width, (y, row) -> System.arraycopy(numbers, y * width, row, 0, width));
    }

    /** A picture of grey levels of 16 bits: unsigned, one a pixel. */
    public static byte[] ofShorts(short[] levels, int height, int width) {
        requirePixels(levels.length, height, width);
        PngWriter png = new PngWriter(height, width);
        png.header(16, GREY);
        return png.pixels(UP, 2 * width, (y, row) -> {
            for (int x = 0; x < width; x++) {
                row[2 * x] = (byte) (levels[y * width + x] >> 8);
                row[2 * x + 1] = (byte) levels[y * width + x];
            }
        });
    }

    /** A picture of colours, 0xRRGGBB, one a pixel. */
    public static byte[] ofColours(int[] colours, int height, int width) {
        requirePixels(colours.length, height, width);
        PngWriter png = new PngWriter(height, width);
        png.header(8, COLOURS);
        return png.pixels(UP, 3 * width, (y, row) -> {
            for (int x = 0; x < width; x++) {
                put(row, 3 * x, colours[y * width + x]);
            }
        });
    }

    /** The same with how opaque each pixel is, 0xAARRGGBB: 255 is opaque. */
    public static byte[] ofTransparentColours(int[] colours, int height, int width) {
        requirePixels(colours.length, height, width);
        PngWriter png = new PngWriter(height, width);
        png.header(8, COLOURS_AND_OPACITY);
        return png.pixels(UP, 4 * width, (y, row) -> {
            for (int x = 0; x < width; x++) {
                put(row, 4 * x, colours[y * width + x]);
                row[4 * x + 3] = (byte) (colours[y * width + x] >> 24);
            }
        });
    }

    private static void requirePixels(int count, int height, int width) {
        if (count != (long) height * width) {
            throw new IllegalArgumentException(count + " pixels, where " + width + " x " + height + " are due");
        }
    }

    private static void put(byte[] bytes, int at, int colour) {
        bytes[at] = (byte) (colour >> 16);
        bytes[at + 1] = (byte) (colour >> 8);
        bytes[at + 2] = (byte) colour;
    }

    private void header(int bits, int kind) {
        chunk("IHDR", ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) bits).put((byte) kind).array(),
                13);
    }

    /** Fills the bytes of a row. */
    private interface Rows {
        void fill(int y, byte[] row);
    }

    private byte[] pixels(int filter, int rowBytes, Rows rows) {
        byte[] above = new byte[rowBytes];
        byte[] row = new byte[rowBytes];
        byte[] filtered = new byte[1 + rowBytes];
        byte[] block = new byte[BLOCK];
        filtered[0] = (byte) filter;
        try (Deflater deflater = new Deflater(EFFORT)) {
            for (int y = 0; y < height; y++) {
                rows.fill(y, row);
                for (int i = 0; i < rowBytes; i++) {
                    filtered[1 + i] = (byte) (filter == UP ? row[i] - above[i] : row[i]);
                }
                deflater.setInput(filtered);
                drain(deflater, block);
                byte[] next = above;
                above = row;
                row = next;
            }
            deflater.finish();
            drain(deflater, block);
        }
        chunk("IEND", new byte[0], 0);
        return out.toByteArray();
    }

    private void drain(Deflater deflater, byte[] block) {
        for (int count = deflater.deflate(block); count > 0; count = deflater.deflate(block)) {
            chunk("IDAT", block, count);
        }
    }

    private void chunk(String name, byte[] content, int count) {
        byte[] kind = name.getBytes(StandardCharsets.US_ASCII);
        CRC32 sum = new CRC32();
        sum.update(kind);
        sum.update(content, 0, count);
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(count).array());
        out.writeBytes(kind);
        out.write(content, 0, count);
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt((int) sum.getValue()).array());
    }
}
