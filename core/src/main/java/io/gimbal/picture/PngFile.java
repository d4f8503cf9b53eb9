package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    /** The packed pixels. */
    private final List<ByteBuffer> data = new ArrayList<>();
    private int kind = -1;
    private boolean interlaced;
    private byte[] colourTable;
    private byte[] transparency;

    PngFile(Path path, ByteBuffer bytes) {
        super(path);
        walk(bytes);
    }

    static boolean is(byte[] bytes) {
        return bytes.length >= 8 && ByteBuffer.wrap(bytes).getLong(0) == SIGNATURE;
    }

    @Override
    Samples unpack() {
        PngPixels pixels = new PngPixels(height, width, channels, bits, data, reason -> damaged(reason, null));
        return Samples.plain(type, ByteBuffer.wrap(pixels.unpack(interlaced)), height, width, channels);
    }

    private void walk(ByteBuffer bytes) {
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
            if (kind < 0 && chunk != IHDR) {
                throw damaged("it does not begin with its header", null);
            }
            take(chunk, bytes.slice(start + 8, length));
        }
        if (data.isEmpty()) {
            throw damaged("it has no pixels", null);
        }
        takePalette();
        takeTransparency();
    }

    private void take(int chunk, ByteBuffer body) {
        switch (chunk) {
            case IHDR -> header(body);
            case PLTE -> colourTable = bytesOf(body);
            case TRNS -> transparency = bytesOf(body);
            case EXIF -> orientation = Exif.orientation(body);
            case IDAT -> data.add(body);
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
        if (kind >= 0 || body.limit() != HEADER_BYTES) {
            throw damaged("its header has a wrong form", null);
        }
        width = body.getInt(0);
        height = body.getInt(4);
        bits = body.get(8) & 255;
        kind = body.get(9) & 255;
        boolean known = switch (kind) {
            case GREY -> bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
            case PALETTE -> bits == 1 || bits == 2 || bits == 4 || bits == 8;
            case COLOURS, GREY_ALPHA, COLOURS_ALPHA -> bits == 8 || bits == 16;
            default -> false;
        };
        if (width < 1 || height < 1 || !known || body.get(10) != 0 || body.get(11) != 0 || body.get(12) < 0
                || body.get(12) > 1) {
            throw damaged("its header says " + width + " x " + height + " pixels of kind " + kind + " with " + bits
                    + " bits", null);
        }
        interlaced = body.get(12) == 1;
        channels = switch (kind) {
            case GREY, PALETTE -> 1;
            case GREY_ALPHA -> 2;
            case COLOURS -> 3;
            default -> 4;
        };
        alpha = kind == GREY_ALPHA || kind == COLOURS_ALPHA;
        type = bits == 16 ? SampleType.UNSIGNED_16 : SampleType.UNSIGNED_8;
    }

    private void takePalette() {
        if (kind != PALETTE) {
            return;
        }
        if (colourTable == null || colourTable.length < 3 || colourTable.length % 3 != 0
                || colourTable.length > 3 << bits) {
            throw damaged("it has no palette, or one of a wrong form", null);
        }
        palette = colourTable;
    }

    private void takeTransparency() {
        if (transparency == null || alpha) {
            return;
        }
        if (kind == PALETTE) {
            paletteAlpha = transparency;
            return;
        }
        if (transparency.length < 2 * channels) {
            throw damaged("its transparency has a wrong form", null);
        }
        clear = new int[channels];
        for (int c = 0; c < channels; c++) {
            int value = (transparency[2 * c] & 255) << 8 | transparency[2 * c + 1] & 255;
            clear[c] = value & (1 << bits) - 1;
        }
    }
}
