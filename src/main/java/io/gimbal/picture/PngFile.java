package io.gimbal.picture;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32;

/** A PNG file. Every chunk is whole and has the checksum that it claims, up to the last one. */
final class PngFile extends PictureFile {
    private static final long SIGNATURE = 0x89504E470D0A1A0AL;
    private static final int HEADER_BYTES = 13;
    private static final int GREY = 0;
    private static final int COLOURS = 2;
    private static final int PALETTE = 3;
    private static final int GREY_ALPHA = 4;
    private static final int COLOURS_ALPHA = 6;
    private static final int IHDR = 0x49484452;
    private static final int PLTE = 0x504C5445;
    private static final int TRNS = 0x74524E53;
    private static final int EXIF = 0x65584966;
    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454E44;
    /** Of a chunk's four letters the first is small where a decoder may leave the chunk alone. */
    private static final int MAY_BE_LEFT = 0x20000000;

    /** The file's chunks without those that only tell about the picture. */
    private final ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    private int bits;
    private int type = -1;
    private byte[] palette;
    private byte[] transparency;
    private boolean data;

    PngFile(Path path, ByteBuffer bytes) {
        super(path);
        walk(bytes);
    }

    static boolean is(byte[] bytes) {
        return bytes.length >= 8 && ByteBuffer.wrap(bytes).getLong(0) == SIGNATURE;
    }

    @Override
    public byte[] colours() {
        Raster raster = decode();
        int channels = channels();
        int[] row = new int[channels * width];
        byte[] colours = new byte[3 * height * width];
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0; x < width; x++) {
                int from = channels * x;
                int to = 3 * (y * width + x);
                if (transparent(row, from)) {
                    throw refused("the pixel in row " + y + ", column " + x + " is transparent, so that its colour is "
                            + "that of what lies behind. Put the picture on a plain ground, such as with "
                            + "magick mogrify -background black -alpha remove -alpha off FILE.");
                }
                for (int c = 0; c < 3; c++) {
                    colours[to + c] = type == PALETTE ? palette[3 * row[from] + c]
                            : ofEightBits(row[from + (coloured() ? c : 0)]);
                }
            }
        }
        return colours;
    }

    private boolean coloured() {
        return type == COLOURS || type == COLOURS_ALPHA;
    }

    private int channels() {
        return switch (type) {
            case GREY, PALETTE -> 1;
            case GREY_ALPHA -> 2;
            case COLOURS -> 3;
            default -> 4;
        };
    }

    /** Whether a pixel is transparent, be it partly; also refuses a number beyond the palette. */
    private boolean transparent(int[] row, int from) {
        if (type == GREY_ALPHA || type == COLOURS_ALPHA) {
            return row[from + channels() - 1] != (1 << bits) - 1;
        }
        if (type == PALETTE) {
            requireInPalette(row[from]);
            return row[from] < transparency.length && transparency[row[from]] != (byte) 255;
        }
        boolean alike = transparency.length > 0;
        for (int c = 0; c < channels() && alike; c++) {
            int clear = (transparency[2 * c] & 255) << 8 | transparency[2 * c + 1] & 255;
            alike = row[from + c] == (clear & (1 << bits) - 1);
        }
        return alike;
    }

    private void requireInPalette(int number) {
        if (3 * number >= palette.length) {
            throw damaged("a pixel has number " + number + " of a palette of " + palette.length / 3 + " colours", null);
        }
    }

    private byte ofEightBits(int value) {
        int most = (1 << bits) - 1;
        return (byte) (bits == 8 ? value : (value * 255 + most / 2) / most);
    }

    @Override
    public byte[] classNumbers(String due) {
        if (bits > 8 || type != GREY && type != PALETTE) {
            throw otherForm(due);
        }
        return numbers(due);
    }

    @Override
    public byte[] greyLevels(String due) {
        if (bits != 8 || type != GREY && type != PALETTE) {
            throw otherForm(due);
        }
        if (type == PALETTE && !greyPalette()) {
            throw refused("a picture in the colours of a palette. " + due);
        }
        return numbers(due);
    }

    private RuntimeException otherForm(String due) {
        int channels = channels();
        return refused("a picture of " + channels + (channels == 1 ? " channel" : " channels") + " with " + bits
                + (bits == 1 ? " bit. " : " bits. ") + due);
    }

    /** What is stored. In a palette of greys, a number's grey must be that number: else either might be meant. */
    private byte[] numbers(String due) {
        Raster raster = decode();
        boolean greys = type == PALETTE && greyPalette();
        byte[] numbers = new byte[height * width];
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0; x < width; x++) {
                if (type == PALETTE) {
                    requireInPalette(row[x]);
                }
                if (greys && (palette[3 * row[x]] & 255) != row[x]) {
                    throw refused("number " + row[x] + " of its palette is the grey " + (palette[3 * row[x]] & 255)
                            + ", and which of the two is meant is not known. " + due);
                }
                numbers[y * width + x] = (byte) row[x];
            }
        }
        return numbers;
    }

    private boolean greyPalette() {
        for (int i = 0; i < palette.length; i += 3) {
            if (palette[i] != palette[i + 1] || palette[i] != palette[i + 2]) {
                return false;
            }
        }
        return true;
    }

    private Raster decode() {
        return decode("png", pixels.toByteArray(), warning -> false);
    }

    private void walk(ByteBuffer bytes) {
        keep(bytes, 0, 8);
        bytes.position(8);
        int chunk = 0;
        while (chunk != IEND) {
            if (bytes.remaining() < 12) {
                throw damaged("it ends before its last chunk", null);
            }
            int start = bytes.position();
            int length = bytes.getInt();
            chunk = bytes.getInt();
            if (length < 0 || length > bytes.remaining() - 4) {
                throw damaged("it ends within a chunk", null);
            }
            CRC32 sum = new CRC32();
            sum.update(bytes.array(), start + 4, length + 4);
            bytes.position(start + 8 + length);
            if (bytes.getInt() != (int) sum.getValue()) {
                throw damaged("the checksum of a chunk at byte " + start + " is wrong", null);
            }
            if (type < 0 && chunk != IHDR) {
                throw damaged("it does not begin with its header", null);
            }
            take(chunk, bytes.slice(start + 8, length));
            if (chunk == IHDR || chunk == IDAT || chunk == IEND || chunk == PLTE && type == PALETTE) {
                keep(bytes, start, bytes.position());
            }
        }
        requireParts();
    }

    private void take(int chunk, ByteBuffer body) {
        switch (chunk) {
            case IHDR -> header(body);
            case PLTE -> palette = bytesOf(body);
            case TRNS -> transparency = bytesOf(body);
            case EXIF -> orientation = Exif.orientation(body);
            case IDAT -> data = true;
            default -> {
                if (chunk != IEND && (chunk & MAY_BE_LEFT) == 0) {
                    String name = new String(ByteBuffer.allocate(4).putInt(chunk).array(), StandardCharsets.ISO_8859_1);
                    throw refused("a PNG with a part ('" + name.replaceAll("[^A-Za-z]", "?") + "') that is not PNG's "
                            + "own. Open it in another program and save it again.");
                }
            }
        }
    }

    private static byte[] bytesOf(ByteBuffer body) {
        byte[] bytes = new byte[body.limit()];
        body.get(0, bytes);
        return bytes;
    }

    private void header(ByteBuffer body) {
        if (type >= 0 || body.limit() != HEADER_BYTES) {
            throw damaged("its header has a wrong form", null);
        }
        width = body.getInt(0);
        height = body.getInt(4);
        bits = body.get(8) & 255;
        type = body.get(9) & 255;
        boolean known = switch (type) {
            case GREY -> bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
            case PALETTE -> bits == 1 || bits == 2 || bits == 4 || bits == 8;
            case COLOURS, GREY_ALPHA, COLOURS_ALPHA -> bits == 8 || bits == 16;
            default -> false;
        };
        if (width < 1 || height < 1 || !known || body.get(10) != 0 || body.get(11) != 0 || body.get(12) < 0
                || body.get(12) > 1) {
            throw damaged("its header says " + width + " x " + height + " pixels of kind " + type + " with " + bits
                    + " bits", null);
        }
    }

    private void requireParts() {
        if (!data) {
            throw damaged("it has no pixels", null);
        }
        if (type == PALETTE && (palette == null || palette.length < 3 || palette.length % 3 != 0
                || palette.length > 3 << bits)) {
            throw damaged("it has no palette, or one of a wrong form", null);
        }
        int least = type == GREY ? 2 : type == COLOURS ? 6 : 0;
        if (transparency == null) {
            transparency = new byte[0];
        } else if (transparency.length < least) {
            throw damaged("its transparency has a wrong form", null);
        }
    }

    private void keep(ByteBuffer bytes, int from, int to) {
        pixels.write(bytes.array(), from, to - from);
    }
}
