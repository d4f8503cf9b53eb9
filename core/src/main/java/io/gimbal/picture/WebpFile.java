package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A WebP file of one picture, packed with loss (VP8) or without (VP8L). Its parts are walked for size, transparency and
 * orientation; libwebp unpacks it.
 */
final class WebpFile extends PictureFile {
    private static final int RIFF = 0x46464952;
    private static final int WEBP = 0x50424557;
    private static final int VP8X = 0x58385056;
    private static final int VP8 = 0x20385056;
    private static final int VP8L = 0x4C385056;
    private static final int EXIF = 0x46495845;
    private static final int ANIMATED = 2;
    private static final int TRANSPARENT = 16;

    private final byte[] bytes;
    private final ByteBuffer in;
    private boolean lossy;

    WebpFile(Path path, byte[] bytes) {
        super(path);
        this.bytes = bytes;
        in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        walk();
        if (width < 1 || height < 1) {
            throw damaged("it has no pixels", null);
        }
        channels = alpha ? 4 : 3;
        if (Leptonica.FOUND == null) {
            throw refused("WebP is read on Linux of x86-64 alone, by the library in the jar of Leptonica "
                    + "(org.bytedeco:leptonica, linux-x86_64), which is missing here or cannot be loaded. Convert it "
                    + "to PNG.");
        }
    }

    static boolean is(byte[] bytes) {
        ByteBuffer start = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return bytes.length >= 12 && start.getInt(0) == RIFF && start.getInt(8) == WEBP;
    }

    private void walk() {
        long end = 8 + (in.getInt(4) & 0xFFFFFFFFL);
        if (end > bytes.length) {
            throw damaged("it ends before its end", null);
        }
        long at = 12;
        while (at + 8 <= end) {
            int name = in.getInt((int) at);
            long length = in.getInt((int) at + 4) & 0xFFFFFFFFL;
            if (at + 8 + length > end) {
                throw damaged("it ends within a part", null);
            }
            part(name, in.slice((int) at + 8, (int) length).order(ByteOrder.LITTLE_ENDIAN));
            at += 8 + length + (length & 1);
        }
    }

    private void part(int name, ByteBuffer body) {
        switch (name) {
            case VP8X -> {
                require(body.limit() >= 10);
                if ((body.get(0) & ANIMATED) != 0) {
                    throw refused("an animated WebP; one picture is read. Save the picture that is meant as a PNG.");
                }
                alpha = (body.get(0) & TRANSPARENT) != 0;
                size((body.getInt(3) >>> 8) + 1, (body.getInt(6) >>> 8) + 1);
            }
            case VP8 -> {
                require(body.limit() >= 10 && body.get(3) == (byte) 0x9D && body.get(4) == 1 && body.get(5) == 0x2A);
                lossy = true;
                size(body.getShort(6) & 0x3FFF, body.getShort(8) & 0x3FFF);
            }
            case VP8L -> {
                require(body.limit() >= 5 && body.get(0) == 0x2F);
                int header = body.getInt(1);
                alpha |= (header >>> 28 & 1) != 0;
                size((header & 0x3FFF) + 1, (header >>> 14 & 0x3FFF) + 1);
            }
            case EXIF -> orientation = Exif.orientation(withoutPrefix(body));
            default -> { }
        }
    }

    private void require(boolean sound) {
        if (!sound) {
            throw damaged("one of its parts has a wrong form", null);
        }
    }

    private void size(int columns, int rows) {
        if (width != 0 && (width != columns || height != rows)) {
            throw damaged("its header says " + width + " x " + height + " pixels, and its picture has " + columns
                    + " x " + rows, null);
        }
        width = columns;
        height = rows;
    }

    /** Some programs write JPEG's prefix here, too. */
    private static ByteBuffer withoutPrefix(ByteBuffer body) {
        boolean prefixed = body.limit() >= 6 && body.getInt(0) == 0x66697845 && body.getShort(4) == 0;
        return prefixed ? body.slice(6, body.limit() - 6) : body;
    }

    @Override
    String lossyForm() {
        return lossy ? "WebP packed with loss" : null;
    }

    @Override
    Samples unpack() {
        byte[] pixels = Leptonica.FOUND.webp(bytes, height, width, channels);
        if (pixels == null) {
            throw damaged("libwebp cannot unpack it", null);
        }
        return Samples.ofBytes(pixels, height, width, channels);
    }
}
